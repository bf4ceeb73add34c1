package io.plimsoll.subscriptions.stream;

import java.time.Duration;

/// Limits and intervals of event streams, pages and long polls.
///
/// @param heartbeat between two comments on an open stream
/// @param maxAge after which a stream ends with `max_age`, less up to a tenth at random
/// @param minRetry least delay that clients are told to wait before they reconnect
/// @param maxRetry most; each stream is told a random one
/// @param longPoll how long a long poll waits
/// @param drain over which open streams end when the node stops
/// @param writeBytes bytes of one write, about; an event larger than that goes alone
/// @param pageBytes bytes of a page, about
/// @param maxStreams open streams of the node
/// @param maxStreamsPerSubscriber open streams of one subscriber on the node
public record StreamSettings(
    Duration heartbeat,
    Duration maxAge,
    Duration minRetry,
    Duration maxRetry,
    Duration longPoll,
    Duration drain,
    int writeBytes,
    int pageBytes,
    int maxStreams,
    int maxStreamsPerSubscriber) {

  public static StreamSettings defaults() {
    return new StreamSettings(
        Duration.ofSeconds(15),
        Duration.ofHours(1),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(20),
        Duration.ofSeconds(3),
        32 << 10,
        256 << 10,
        100_000,
        256);
  }
}
