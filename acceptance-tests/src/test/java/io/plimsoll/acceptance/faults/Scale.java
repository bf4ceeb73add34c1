package io.plimsoll.acceptance.faults;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How long and how much: a few minutes in every build, or what `-Dplimsoll.faults=30m` says.
///
/// @param duration of the random schedule
/// @param freeze for how long a process is stopped or held down
/// @param gap between two faults, about
/// @param rooms to which messages are sent
/// @param browsers that read each room without a break
/// @param interval between two messages of a producer; each room has two
/// @param seed of the schedule
record Scale(
    Duration duration,
    Duration freeze,
    Duration gap,
    int rooms,
    int browsers,
    Duration interval,
    long seed) {

  static Scale ofThisRun() {
    String asked = System.getProperty("plimsoll.faults");
    long seed = Long.getLong("plimsoll.faults.seed", System.currentTimeMillis());
    if (asked == null) {
      return new Scale(
          Duration.ZERO, Duration.ofSeconds(4), Duration.ofSeconds(1), 3, 30, millis(300), seed);
    }
    return new Scale(
        duration(asked), Duration.ofSeconds(30), Duration.ofSeconds(5), 5, 120, millis(300), seed);
  }

  static boolean isLong() {
    @Nullable String asked = System.getProperty("plimsoll.faults");
    return asked != null;
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  private static Duration duration(String text) {
    return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
  }
}
