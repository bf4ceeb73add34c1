/// The OAuth endpoints: tokens, their revocation, their introspection. Who asks is known by HTTP
/// Basic, what is given is a signed access token. [CustomerTokens] knows whose a token is, also one
/// that a tenant's backend signed.
///
/// Errors are OAuth's own JSON, not problem details, because OAuth clients read them.
@NullMarked
package io.plimsoll.auth.token;

import org.jspecify.annotations.NullMarked;
