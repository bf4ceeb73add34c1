package io.plimsoll.ratelimit.client;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Units that may be spent until an instant; the value is how many are left.
final class Lease extends AtomicInteger {

  private static final long serialVersionUID = 1L;
  private static final int CLOSED = Integer.MIN_VALUE;

  final long name;
  final int granted;

  /// On [System#nanoTime()]'s clock, from before the call left.
  final long end;

  /// When this many are left, more are asked for.
  final int low;

  transient volatile @Nullable Lease next;

  Lease(long name, int granted, long end) {
    super(granted);
    this.name = name;
    this.granted = granted;
    this.end = end;
    this.low = granted / 4;
  }

  /// How many are left after one was taken; -1 when none was.
  int take() {
    int units = get();
    while (units > 0) {
      if (weakCompareAndSetVolatile(units, units - 1)) {
        return units - 1;
      }
      units = get();
    }
    return -1;
  }

  /// Whether it was still there to take one back.
  boolean putBack() {
    int units = get();
    while (units >= 0) {
      if (compareAndSet(units, units + 1)) {
        return true;
      }
      units = get();
    }
    return false;
  }

  int left() {
    return Math.max(0, get());
  }

  /// Ends it for everybody; the units that were left.
  int close() {
    return Math.max(0, getAndSet(CLOSED));
  }
}
