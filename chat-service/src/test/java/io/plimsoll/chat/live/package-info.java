@NullMarked
package io.plimsoll.chat.live;

import org.jspecify.annotations.NullMarked;
