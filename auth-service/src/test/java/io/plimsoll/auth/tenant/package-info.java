/// Tests of this package.
@NullMarked
package io.plimsoll.auth.tenant;

import org.jspecify.annotations.NullMarked;
