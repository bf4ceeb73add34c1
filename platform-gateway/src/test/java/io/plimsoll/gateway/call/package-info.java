@NullMarked
package io.plimsoll.gateway.call;

import org.jspecify.annotations.NullMarked;
