package io.plimsoll.ratelimit.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// All admitted requests of a run, each with the instants between which it was admitted.
class Admissions {

  private record Admission(long from, long to) {}

  private final Queue<Admission> all = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();

  void add(long from, long to) {
    all.add(new Admission(from, to));
    size.incrementAndGet();
  }

  int size() {
    return size.get();
  }

  /// That no window has more than `fixed + rate * w` of them, whichever window that is: one begins
  /// where a request begins to be decided and ends where one is decided, for others hold no more.
  void neverExceed(double fixed, double rate) {
    neverExceed(fixed, rate, List.of(), 0);
  }

  /// The same, with `each` more for each of these instants that the window has in it.
  ///
  /// @return by how much less than that there were in the worst window
  double neverExceed(double fixed, double rate, List<Long> more, double each) {
    Admission[] byEnd = all.toArray(Admission[]::new);
    Arrays.sort(byEnd, Comparator.comparingLong(Admission::to));
    int count = byEnd.length;
    long[] from = new long[count];
    long[] to = new long[count];
    long[] before = new long[count];
    long[] until = new long[count];
    for (int i = 0; i < count; i++) {
      long begins = byEnd[i].from();
      long ends = byEnd[i].to();
      from[i] = begins;
      to[i] = ends;
      before[i] = more.stream().filter(instant -> instant < begins).count();
      until[i] = more.stream().filter(instant -> instant <= ends).count();
    }
    double worst = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      int start = Arrays.binarySearch(to, from[i]);
      int inside = 0;
      for (int j = start < 0 ? -start - 1 : 0; j < count; j++) {
        if (from[j] >= from[i]) {
          inside++;
          worst =
              Math.max(
                  worst, inside - rate * (to[j] - from[i]) / 1e9 - each * (until[j] - before[i]));
        }
      }
    }
    assertThat(worst).as("admitted beyond rate * w, of " + count).isLessThanOrEqualTo(fixed);
    return fixed - worst;
  }
}
