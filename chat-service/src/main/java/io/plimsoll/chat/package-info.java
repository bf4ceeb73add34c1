/// Chat-service: rooms, members, messages, cursors, presence, on resumable topics.
@NullMarked
package io.plimsoll.chat;

import org.jspecify.annotations.NullMarked;
