/// Tests of this package.
@NullMarked
package io.plimsoll.auth.audit;

import org.jspecify.annotations.NullMarked;
