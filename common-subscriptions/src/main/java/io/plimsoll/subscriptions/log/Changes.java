package io.plimsoll.subscriptions.log;

import java.util.List;

/// What has become visible in a log since an earlier [LogSnapshot].
///
/// @param snapshot where the next look starts; keep it only after the changes were applied
/// @param complete false if there were too many to list, or if the log may have gone back to an
///   earlier state: then the heads of all open topics must be compared
/// @param events the events, in no order; empty if not complete
public record Changes(LogSnapshot snapshot, boolean complete, List<Change> events) {

  public Changes {
    events = List.copyOf(events);
  }

  /// One event that has become visible.
  public record Change(long topicId, long offset, long tag) {}
}
