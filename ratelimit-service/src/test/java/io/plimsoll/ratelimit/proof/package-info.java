/// Gateways' halves against the real service and a real Redis, while things break.
@NullMarked
package io.plimsoll.ratelimit.proof;

import org.jspecify.annotations.NullMarked;
