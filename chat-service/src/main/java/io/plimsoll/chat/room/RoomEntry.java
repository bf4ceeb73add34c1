package io.plimsoll.chat.room;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/// A room in a list of rooms.
///
/// @param cursor offset up to which the user has read; 0 for nothing; absent from lists that are
///   not of one user's rooms
/// @param unread undeleted messages of others after the cursor, counted up to 1,000
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RoomEntry(Room room, @Nullable Long cursor, @Nullable Long unread) {}
