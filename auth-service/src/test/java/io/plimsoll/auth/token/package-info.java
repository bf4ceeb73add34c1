/// Tests of the token endpoint.
@NullMarked
package io.plimsoll.auth.token;

import org.jspecify.annotations.NullMarked;
