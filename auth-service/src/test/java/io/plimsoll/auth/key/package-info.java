/// Tests of this package.
@NullMarked
package io.plimsoll.auth.key;

import org.jspecify.annotations.NullMarked;
