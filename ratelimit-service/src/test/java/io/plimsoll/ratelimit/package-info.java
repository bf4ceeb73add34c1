/// Tests of the service as a whole.
@NullMarked
package io.plimsoll.ratelimit;

import org.jspecify.annotations.NullMarked;
