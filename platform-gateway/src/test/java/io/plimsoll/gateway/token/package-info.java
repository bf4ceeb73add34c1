/// Tests of what is kept of tokens.
@NullMarked
package io.plimsoll.gateway.token;

import org.jspecify.annotations.NullMarked;
