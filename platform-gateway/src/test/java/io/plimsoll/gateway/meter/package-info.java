@NullMarked
package io.plimsoll.gateway.meter;

import org.jspecify.annotations.NullMarked;
