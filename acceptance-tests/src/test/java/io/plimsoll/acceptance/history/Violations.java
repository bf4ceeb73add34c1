package io.plimsoll.acceptance.history;

import io.plimsoll.acceptance.history.Violation.Cause;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// All violations counted, the first of each cause kept and logged: one defect may show thousands
/// of times.
public final class Violations {

  private static final int KEPT_PER_CAUSE = 20;

  private final Consumer<String> log;
  private final Map<Cause, Long> counts = new EnumMap<>(Cause.class);
  private final List<Violation> first = new ArrayList<>();

  public Violations(Consumer<String> log) {
    this.log = log;
  }

  public void add(Violation violation) {
    long count;
    synchronized (this) {
      count = counts.merge(violation.cause(), 1L, Long::sum);
      if (count <= KEPT_PER_CAUSE) {
        first.add(violation);
      }
    }
    if (count <= KEPT_PER_CAUSE) {
      log.accept("VIOLATION " + violation);
    }
  }

  public synchronized Map<Cause, Long> counts() {
    return new EnumMap<>(counts);
  }

  public synchronized long count(Cause cause) {
    return counts.getOrDefault(cause, 0L);
  }

  public synchronized long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /// The first of each cause.
  public synchronized List<Violation> first() {
    return List.copyOf(first);
  }
}
