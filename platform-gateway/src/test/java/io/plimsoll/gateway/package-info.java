/// Tests of the whole gateway in front of services that they play themselves.
@NullMarked
package io.plimsoll.gateway;

import org.jspecify.annotations.NullMarked;
