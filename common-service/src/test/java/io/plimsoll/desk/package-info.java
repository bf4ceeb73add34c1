/// A service of its own, small as can be, for tests of what finds a service's components.
@NullMarked
package io.plimsoll.desk;

import org.jspecify.annotations.NullMarked;
