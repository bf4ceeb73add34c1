package io.plimsoll.gateway.meter;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// One tenant's requests of one class. Anybody adds; only the meter's thread looks how much there
/// is more than last time, so nothing is ever reset and nothing lost.
final class Counts {

  record Key(String tenant, String service, String routeClass) {}

  /// As auth-service takes them.
  record Delta(
      String tenant,
      String service,
      @JsonProperty("class") String routeClass,
      String status,
      long hour,
      long requests,
      long bytesIn,
      long bytesOut,
      double streamSeconds,
      long admitted) {}

  record Report(String boot, long sequence, List<Delta> deltas) {}

  static final String[] GROUPS = {"2xx", "3xx", "4xx", "429", "5xx"};

  static final class Cell {
    final LongAdder requests = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder streamNanos = new LongAdder();
    final LongAdder admitted = new LongAdder();
    private final Sums before = new Sums();
  }

  static final class Sums {
    long requests;
    long bytesIn;
    long bytesOut;
    long streamNanos;
    long admitted;

    void add(Sums more) {
      requests += more.requests;
      bytesIn += more.bytesIn;
      bytesOut += more.bytesOut;
      streamNanos += more.streamNanos;
      admitted += more.admitted;
    }

    private boolean isEmpty() {
      return (requests | bytesIn | bytesOut | streamNanos | admitted) == 0;
    }

    Delta delta(Key key, int group, long hour) {
      return new Delta(
          key.tenant(),
          key.service(),
          key.routeClass(),
          GROUPS[group],
          hour,
          requests,
          bytesIn,
          bytesOut,
          streamNanos / 1e9,
          admitted);
    }
  }

  final Key key;
  private final AtomicReferenceArray<@Nullable Cell> cells =
      new AtomicReferenceArray<>(GROUPS.length);

  /// The meter's.
  long usedAt = System.nanoTime();

  Counts(Key key) {
    this.key = key;
  }

  static int group(int status) {
    if (status == 429) {
      return 3;
    }
    int hundreds = Math.clamp(status / 100, 2, 5);
    return hundreds == 5 ? 4 : hundreds - 2;
  }

  Cell cell(int group) {
    Cell cell = cells.get(group);
    if (cell != null) {
      return cell;
    }
    Cell made = new Cell();
    Cell first = cells.compareAndExchange(group, null, made);
    return first == null ? made : first;
  }

  /// What came since this was asked last; null for nothing.
  @Nullable Sums grown(int group) {
    Cell cell = cells.get(group);
    if (cell == null) {
      return null;
    }
    Sums before = cell.before;
    Sums grown = new Sums();
    grown.requests = cell.requests.sum() - before.requests;
    grown.bytesIn = cell.bytesIn.sum() - before.bytesIn;
    grown.bytesOut = cell.bytesOut.sum() - before.bytesOut;
    grown.streamNanos = cell.streamNanos.sum() - before.streamNanos;
    grown.admitted = cell.admitted.sum() - before.admitted;
    before.add(grown);
    return grown.isEmpty() ? null : grown;
  }
}
