@NullMarked
package io.plimsoll.local;

import org.jspecify.annotations.NullMarked;
