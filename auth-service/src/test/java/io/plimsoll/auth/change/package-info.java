/// Tests of this package.
@NullMarked
package io.plimsoll.auth.change;

import org.jspecify.annotations.NullMarked;
