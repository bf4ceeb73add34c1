/// Tests of this package.
@NullMarked
package io.plimsoll.auth.signing;

import org.jspecify.annotations.NullMarked;
