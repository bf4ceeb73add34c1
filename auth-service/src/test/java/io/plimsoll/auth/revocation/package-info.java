/// Tests of this package.
@NullMarked
package io.plimsoll.auth.revocation;

import org.jspecify.annotations.NullMarked;
