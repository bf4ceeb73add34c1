package io.plimsoll.chat.cursor;

import java.time.Instant;

/// Up to where a user has read a room, as REST and events show it.
public record Cursor(String roomId, String userId, long offset, Instant movedAt) {}
