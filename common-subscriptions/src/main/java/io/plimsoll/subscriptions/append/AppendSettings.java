package io.plimsoll.subscriptions.append;

/// Limits of what is appended.
///
/// @param maxData most bytes (UTF-8) of an event's data
/// @param maxEphemeralData most bytes (UTF-8) of an ephemeral event's data
/// @param batchEvents most events that share a group commit
/// @param batchData bytes of data after which a group commit takes no further event
/// @param ephemeralRate ephemeral events per second that a sender may send to a topic
/// @param ephemeralBurst ephemeral events that it may send at once after a pause
public record AppendSettings(
    int maxData,
    int maxEphemeralData,
    int batchEvents,
    int batchData,
    int ephemeralRate,
    int ephemeralBurst) {

  public static AppendSettings defaults() {
    return new AppendSettings(256 << 10, 16 << 10, 256, 1 << 20, 10, 20);
  }
}
