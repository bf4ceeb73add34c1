package io.plimsoll.chat.room;

/// A user has become a member of a room that was there before. An application event, within the
/// transaction.
///
/// @param room its number
public record Joined(String tenant, String user, long room, String roomId) {}
