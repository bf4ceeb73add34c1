package io.plimsoll.gateway.upstream;

import com.netflix.concurrency.limits.limit.Gradient2Limit;
import java.util.concurrent.atomic.AtomicInteger;

/// How many ordinary requests one service is given at a time: as many as it answers without getting
/// slower, found out while it runs. One more is refused at once, which costs nothing, rather than
/// sent into a queue whose end nobody waits for.
///
/// What counts is the time that the service takes: not that of a client who sends or reads slowly.
/// Streams and long polls wait on purpose and are not counted.
final class Shedding {

  private static final int INITIAL = 256;

  /// How much slower than in the long run counts as slower: a pause of the collector does not.
  private static final double TOLERANCE = 2.0;

  private final Gradient2Limit limit;
  private final AtomicInteger underWay = new AtomicInteger();

  /// @param min never fewer than these
  /// @param max never more
  Shedding(int min, int max) {
    limit =
        Gradient2Limit.newBuilder()
            .minLimit(min)
            .initialLimit(Math.max(min, Math.min(INITIAL, max)))
            .maxConcurrency(Math.max(min, max))
            .rttTolerance(TOLERANCE)
            .build();
  }

  /// Whether there are enough.
  boolean full() {
    return underWay.get() >= limit.getLimit();
  }

  /// Counts a request in that the service has already.
  void join() {
    underWay.incrementAndGet();
  }

  /// Counts a request in, or says that there are enough.
  boolean enter() {
    if (underWay.incrementAndGet() <= limit.getLimit()) {
      return true;
    }
    underWay.decrementAndGet();
    return false;
  }

  void leave() {
    underWay.decrementAndGet();
  }

  /// What became of one.
  ///
  /// @param start when it was sent, by [System#nanoTime]
  /// @param dropped whether the service let it wait too long
  void sample(long start, boolean dropped) {
    limit.onSample(start, Math.max(1, System.nanoTime() - start), underWay.get(), dropped);
  }

  int limit() {
    return limit.getLimit();
  }
}
