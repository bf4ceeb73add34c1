package io.plimsoll.ratelimit.client;

import java.time.Duration;

/// The client's bounds.
///
/// @param patience how long a request waits for a lease before the policy's store-away mode may
///   admit it
/// @param callTimeout after which a call's answer is no longer awaited, and how long a request, or
///   a stream, waits before that mode may refuse it
/// @param policiesRefresh how often new policies are asked for
/// @param maxKeys buckets remembered, about 500 bytes each; beyond, requests of new keys are
///   refused as unavailable
/// @param maxWaiting requests that may wait at once; beyond, the store-away mode decides at once
/// @param maxDemands items in one call, as ratelimit-service admits
public record LeaseSettings(
    Duration patience,
    Duration callTimeout,
    Duration policiesRefresh,
    int maxKeys,
    int maxWaiting,
    int maxDemands) {

  public static LeaseSettings defaults() {
    return new LeaseSettings(
        Duration.ofMillis(50),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        100_000,
        10_000,
        1_000);
  }
}
