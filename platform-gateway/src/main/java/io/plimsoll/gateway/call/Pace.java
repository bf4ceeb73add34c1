package io.plimsoll.gateway.call;

import java.time.Duration;

/// Whether what waits goes on leaving. A byte now and then would hold all of it for ever, so only
/// an eighth of what waits counts.
final class Pace {

  private static final int PARTS = 8;

  private long since = System.nanoTime();
  private long left;

  /// Some of it has left.
  ///
  /// @param amount of it
  /// @param before how much there was, in the same unit
  void left(long amount, long before) {
    left += amount;
    if (left >= before / PARTS) {
      since = System.nanoTime();
      left = 0;
    }
  }

  /// Has waited for the other as long as that went on.
  void follow(Pace other) {
    if (other.since - since > 0) {
      since = other.since;
      left = 0;
    }
  }

  /// Whether no such part has left for so long.
  boolean restsFor(Duration limit) {
    return System.nanoTime() - since >= limit.toNanos();
  }
}
