/// Rooms and their members.
@NullMarked
package io.plimsoll.chat.room;

import org.jspecify.annotations.NullMarked;
