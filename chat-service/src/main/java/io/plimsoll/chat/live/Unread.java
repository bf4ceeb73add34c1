package io.plimsoll.chat.live;

/// How much of a room a user has not read; the event's data.
///
/// @param unread undeleted messages of others after the user's cursor, counted up to 1,000
record Unread(String roomId, long unread) {}
