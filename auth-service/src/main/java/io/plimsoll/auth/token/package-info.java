/// The token endpoint: who asks is known by HTTP Basic, what is given is a signed access token.
///
/// Errors are OAuth's own JSON, not problem details, because OAuth clients read them.
@NullMarked
package io.plimsoll.auth.token;

import org.jspecify.annotations.NullMarked;
