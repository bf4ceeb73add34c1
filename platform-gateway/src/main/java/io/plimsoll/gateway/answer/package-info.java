/// What the gateway answers by itself: problem details (RFC 9457), and the end of a stream for
/// clients that would give up on an error status.
@NullMarked
package io.plimsoll.gateway.answer;

import org.jspecify.annotations.NullMarked;
