/// Tests.
@NullMarked
package io.plimsoll.ratelimit.policy;

import org.jspecify.annotations.NullMarked;
