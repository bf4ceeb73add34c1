/// Revocation: of one token, of a tenant's user or key, by operators of a tenant or of everything.
///
/// What is revoked is a row in the change log before it is answered, and gateways learn of it from
/// there. A token is named by its `kid` and the SHA-256 of `header.payload`, so the second
/// signature (r, n-s) that every ECDSA signature has names the same token. A not-before refuses
/// what was issued up to its second; a token issued from the next second on works.
@NullMarked
package io.plimsoll.auth.revocation;

import org.jspecify.annotations.NullMarked;
