@NullMarked
package io.plimsoll.local.process;

import org.jspecify.annotations.NullMarked;
