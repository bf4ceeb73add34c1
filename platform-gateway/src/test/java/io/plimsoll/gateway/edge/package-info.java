@NullMarked
package io.plimsoll.gateway.edge;

import org.jspecify.annotations.NullMarked;
