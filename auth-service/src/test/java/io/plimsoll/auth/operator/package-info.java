/// Tests of this package.
@NullMarked
package io.plimsoll.auth.operator;

import org.jspecify.annotations.NullMarked;
