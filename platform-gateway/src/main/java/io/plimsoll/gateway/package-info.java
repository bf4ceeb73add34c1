/// The front door of the platform: verify -> exchange -> route, each step a package of its own.
@NullMarked
package io.plimsoll.gateway;

import org.jspecify.annotations.NullMarked;
