package io.plimsoll.subscriptions;

import java.time.Instant;

/// A stored event.
///
/// @param position where it stands
/// @param type as appended
/// @param time when its transaction began, by the database's clock
/// @param data one JSON value; the replacement, if the event was redacted
public record Event(Position position, String type, Instant time, String data) {}
