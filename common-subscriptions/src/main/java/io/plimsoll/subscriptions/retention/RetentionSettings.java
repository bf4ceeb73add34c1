package io.plimsoll.subscriptions.retention;

import java.time.Duration;
import java.util.Map;

/// How long events are kept, and how carefully they are removed.
///
/// @param enabled whether this node removes anything
/// @param interval between two sweeps, each a random tenth shorter or longer
/// @param batch events removed at most by one transaction, which holds its topic's row
/// @param pause between two batches
/// @param deleted how long a topic that was deleted stays, for streams that have not come to the
///   event that tells so
/// @param keep for kinds of topics that are not in the map
/// @param kinds by kind of topic
public record RetentionSettings(
    boolean enabled,
    Duration interval,
    int batch,
    Duration pause,
    Duration deleted,
    Keep keep,
    Map<String, Keep> kinds) {

  public RetentionSettings {
    kinds = Map.copyOf(kinds);
  }

  Keep of(String kind) {
    return kinds.getOrDefault(kind, keep);
  }

  /// What is kept of a topic: events that are neither older nor more than this.
  ///
  /// @param maxAge zero for any age
  /// @param maxEvents 0 for any number
  public record Keep(Duration maxAge, long maxEvents) {

    boolean byAge() {
      return !maxAge.isZero();
    }

    boolean byCount() {
      return maxEvents > 0;
    }
  }
}
