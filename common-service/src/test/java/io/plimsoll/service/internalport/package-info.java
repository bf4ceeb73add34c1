/// Tests of this package.
@NullMarked
package io.plimsoll.service.internalport;

import org.jspecify.annotations.NullMarked;
