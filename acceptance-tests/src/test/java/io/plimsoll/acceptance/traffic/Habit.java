package io.plimsoll.acceptance.traffic;

import java.time.Duration;

/// What makes a reader difficult.
///
/// @param awake how long, about, before it goes away or falls asleep; zero for always
/// @param idle for how long, about
/// @param keepsConnection whether it stays connected meanwhile, without reading
/// @param bytesPerSecond most that it reads; 0 for all there is
public record Habit(Duration awake, Duration idle, boolean keepsConnection, int bytesPerSecond) {

  /// Reads all there is, always.
  public static final Habit STEADY = new Habit(Duration.ZERO, Duration.ZERO, false, 0);

  /// Reads a few bytes at a time.
  public static Habit slow(int bytesPerSecond) {
    return new Habit(Duration.ZERO, Duration.ZERO, false, bytesPerSecond);
  }

  /// Disconnects now and then.
  public static Habit away(Duration awake, Duration idle) {
    return new Habit(awake, idle, false, 0);
  }

  /// Stops reading now and then, with the connection open.
  public static Habit asleep(Duration awake, Duration idle) {
    return new Habit(awake, idle, true, 0);
  }

  int readAhead() {
    return bytesPerSecond > 0 || keepsConnection ? 4 << 10 : 16 << 10;
  }
}
