/// Tests.
@NullMarked
package io.plimsoll.ratelimit.lease;

import org.jspecify.annotations.NullMarked;
