/// Tests.
@NullMarked
package io.plimsoll.ratelimit.access;

import org.jspecify.annotations.NullMarked;
