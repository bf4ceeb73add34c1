/// Tests of the way to the services.
@NullMarked
package io.plimsoll.gateway.upstream;

import org.jspecify.annotations.NullMarked;
