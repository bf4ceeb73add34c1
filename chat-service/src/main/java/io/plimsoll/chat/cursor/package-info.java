/// Read cursors: up to where a member has read a room.
@NullMarked
package io.plimsoll.chat.cursor;

import org.jspecify.annotations.NullMarked;
