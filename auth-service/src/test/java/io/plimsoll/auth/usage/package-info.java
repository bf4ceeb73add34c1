/// Tests of this package.
@NullMarked
package io.plimsoll.auth.usage;

import org.jspecify.annotations.NullMarked;
