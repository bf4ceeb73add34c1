/// What a customer sees of limits and usage, and that nothing of either is lost or counted twice.
@NullMarked
package io.plimsoll.acceptance.limits;

import org.jspecify.annotations.NullMarked;
