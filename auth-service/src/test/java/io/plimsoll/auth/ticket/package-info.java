/// Tests of this package.
@NullMarked
package io.plimsoll.auth.ticket;

import org.jspecify.annotations.NullMarked;
