package io.plimsoll.chat.room;

import java.time.Instant;

/// A membership as REST and events show it.
public record Member(String roomId, String userId, Instant addedAt) {}
