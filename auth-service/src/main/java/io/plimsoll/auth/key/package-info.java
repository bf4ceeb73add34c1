/// API keys: an id and a client secret with which a tenant's backend gets tokens, and what verifies
/// those that it signs itself. Owns the table `api_keys`.
///
/// A secret is shown once. Of the client secret only the SHA-256 is kept; a shared verification
/// secret is kept wrapped, for gateways must compute with it. A disabled or expired key gets no
/// further token; disabling revokes those it got and signed, an expiry ends them with it.
@NullMarked
package io.plimsoll.auth.key;

import org.jspecify.annotations.NullMarked;
