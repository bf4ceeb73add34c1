package io.plimsoll.subscriptions.feed;

import java.time.Duration;

/// Sizes and intervals of feeds.
///
/// @param ringEvents most events that a feed's ring holds
/// @param ringBytes most bytes that a feed's ring holds; the newest event stays in any case
/// @param ringsBytes most bytes that all rings of the node hold together; beyond it each shrinks to
///   its newest event as it moves
/// @param segmentsBytes bytes of older frames that the node keeps
/// @param reorderWait how long an event waits for its predecessors before the hole is read
/// @param linger how long a feed stays after its last follower left
/// @param headCheckInterval between two head checks while the bus carries
/// @param headCheckIntervalWithoutBus between two head checks while it does not
/// @param compareInterval between two comparisons of all open heads
/// @param joinTimeout how long a request waits for the log
/// @param logReads reads of the log at the same time
/// @param headCheck false only to show that events get lost without it
/// @param holeRepair false only to show that events get lost without it
public record FeedSettings(
    int ringEvents,
    int ringBytes,
    long ringsBytes,
    long segmentsBytes,
    Duration reorderWait,
    Duration linger,
    Duration headCheckInterval,
    Duration headCheckIntervalWithoutBus,
    Duration compareInterval,
    Duration joinTimeout,
    int logReads,
    boolean headCheck,
    boolean holeRepair) {

  public static FeedSettings defaults() {
    return new FeedSettings(
        512,
        256 << 10,
        128L << 20,
        64L << 20,
        Duration.ofMillis(5),
        Duration.ofSeconds(30),
        Duration.ofSeconds(1),
        Duration.ofMillis(100),
        Duration.ofMinutes(1),
        Duration.ofSeconds(5),
        8,
        true,
        true);
  }
}
