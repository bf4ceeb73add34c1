@NullMarked
package io.plimsoll.local.backend;

import org.jspecify.annotations.NullMarked;
