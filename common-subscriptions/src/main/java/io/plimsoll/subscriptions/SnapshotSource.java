package io.plimsoll.subscriptions;

/// What the product contributes to `offset=snapshot` and to resets: the first of its two beans.
public interface SnapshotSource {

  /// The topic's state as one JSON value without line breaks, the same for all of its readers.
  ///
  /// Called inside a read-only repeatable-read transaction that also reads the topic's position, on
  /// a virtual thread; one call serves every reader that waits for that position.
  String snapshot(Topic topic);

  /// Whether this topic's state changes with its own events alone. Then it may be given to all who
  /// come within 5 s at one position; else it is read anew for whoever asks after it was begun.
  default boolean followsEvents(Topic topic) {
    return true;
  }
}
