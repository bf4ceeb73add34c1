package io.plimsoll.auth.usage;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/// Reads a tenant's usage as it is asked for, in bounded answers.
@Component
final class UsageReader {

  /// Some hundred bytes each.
  private static final int MAX_ROWS = 10_000;

  private static final int MAX_STEPS = 800;
  private static final int DEFAULT_STEPS = 24;

  /// Where RFC 3339 ends, in seconds.
  private static final long YEAR_10000 = 253_402_300_800L;

  /// What was used in one step.
  record Used(
      Instant start,
      String service,
      @JsonProperty("class") String routeClass,
      String status,
      long requests,
      long bytesIn,
      long bytesOut,
      double streamSeconds,
      long admitted) {}

  /// @param from start of the first step
  /// @param to end of the last
  record Report(String step, Instant from, Instant to, List<Used> usage) {}

  private final Usage usage;
  private final Clock clock;

  UsageReader(Usage usage, Clock clock) {
    this.usage = usage;
    this.clock = clock;
  }

  /// @param from rounded down to a step; by default 24 steps before the end
  /// @param to rounded up to a step; by default now
  /// @throws InvalidRangeException for what can't be read or is too much
  Report read(String tenant, @Nullable String from, @Nullable String to, String wantedStep) {
    Usage.Step step =
        switch (wantedStep) {
          case "hour" -> Usage.Step.HOUR;
          case "day" -> Usage.Step.DAY;
          default -> throw new InvalidRangeException("step must be hour or day.");
        };
    long length = step.length().toSeconds();
    long end = -Math.floorDiv(-ceiling(instant("to", to, clock.instant())), length) * length;
    Instant early = Instant.ofEpochSecond(Math.max(0, end - DEFAULT_STEPS * length));
    long start = Math.floorDiv(instant("from", from, early).getEpochSecond(), length) * length;
    if (end >= YEAR_10000) {
      throw new InvalidRangeException("to must be before the year 10000.");
    }
    if (start >= end || (end - start) / length > MAX_STEPS) {
      throw new InvalidRangeException(
          "to must be after from, by " + MAX_STEPS + " " + step.value() + "s at most.");
    }
    Instant first = Instant.ofEpochSecond(start);
    Instant last = Instant.ofEpochSecond(end);
    List<Usage.Row> rows = usage.of(tenant, step, first, last, MAX_ROWS + 1);
    if (rows.size() > MAX_ROWS) {
      throw new InvalidRangeException(
          "There are more than " + MAX_ROWS + " rows: ask for a shorter range.");
    }
    return new Report(step.value(), first, last, rows.stream().map(UsageReader::used).toList());
  }

  private static long ceiling(Instant instant) {
    return instant.getEpochSecond() + (instant.getNano() > 0 ? 1 : 0);
  }

  private static Instant instant(String name, @Nullable String wanted, Instant otherwise) {
    try {
      Instant instant = wanted == null ? otherwise : Instant.parse(wanted);
      if (instant.getEpochSecond() >= 0 && instant.getEpochSecond() < YEAR_10000) {
        return instant;
      }
    } catch (DateTimeParseException e) {
      // refused below
    }
    throw new InvalidRangeException(name + " must be an instant, such as 2030-01-31T12:00:00Z.");
  }

  private static Used used(Usage.Row row) {
    return new Used(
        row.start(),
        row.service(),
        row.routeClass(),
        row.status(),
        row.requests(),
        row.bytesIn(),
        row.bytesOut(),
        row.streamSeconds(),
        row.admitted());
  }
}
