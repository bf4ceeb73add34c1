/// Tests of the workers.
@NullMarked
package io.plimsoll.gateway.worker;

import org.jspecify.annotations.NullMarked;
