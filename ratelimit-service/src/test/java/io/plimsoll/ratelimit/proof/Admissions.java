package io.plimsoll.ratelimit.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// All admitted requests of a run, each with the instants between which it was admitted.
final class Admissions {

  private record Admission(long from, long to) {}

  private final Queue<Admission> all = new ConcurrentLinkedQueue<>();

  void add(long from, long to) {
    all.add(new Admission(from, to));
  }

  int size() {
    return all.size();
  }

  /// That no window has more than `fixed + rate * w` of them, whichever window that is: one begins
  /// where a request begins to be decided and ends where one is decided, for others hold no more.
  void neverExceed(double fixed, double rate) {
    Admission[] byEnd = all.toArray(Admission[]::new);
    Arrays.sort(byEnd, Comparator.comparingLong(Admission::to));
    double worst = Double.NEGATIVE_INFINITY;
    for (Admission first : byEnd) {
      int inside = 0;
      for (Admission last : byEnd) {
        if (last.from() >= first.from()) {
          inside++;
          worst = Math.max(worst, inside - rate * (last.to() - first.from()) / 1e9);
        }
      }
    }
    assertThat(worst).as("admitted beyond rate * w, of " + byEnd.length).isLessThanOrEqualTo(fixed);
  }
}
