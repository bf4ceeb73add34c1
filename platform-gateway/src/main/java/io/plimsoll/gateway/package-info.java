/// Platform-gateway.
@NullMarked
package io.plimsoll.gateway;

import org.jspecify.annotations.NullMarked;
