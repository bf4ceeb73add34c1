/// Messages: sent once, edited, deleted for good.
@NullMarked
package io.plimsoll.chat.message;

import org.jspecify.annotations.NullMarked;
