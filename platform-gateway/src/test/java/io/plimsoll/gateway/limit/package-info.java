/// Tests of the bounds.
@NullMarked
package io.plimsoll.gateway.limit;

import org.jspecify.annotations.NullMarked;
