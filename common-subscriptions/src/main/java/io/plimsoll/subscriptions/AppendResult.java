package io.plimsoll.subscriptions;

/// What became of an append with an [IdempotencyKey].
public sealed interface AppendResult {

  /// Where the event stands.
  Position position();

  /// Appended now; real once the caller's transaction commits.
  record Appended(Position position) implements AppendResult {}

  /// Appended earlier with the same key and payload; the caller rolls its other writes back.
  record Duplicate(Position position) implements AppendResult {}
}
