package io.plimsoll.ratelimit.client;

import java.util.function.Consumer;

/// A request that waits for a lease. Until it is known whether one comes, the store-away mode may
/// admit it, and not refuse it: whoever is told to come back waits longer than for an answer.
///
/// @param dueAt when the store-away mode is asked next
/// @param endsAt when it decides in any case
record Waiter(Subject subject, Consumer<Decision> later, long dueAt, long endsAt) {

  Waiter dueAt(long next) {
    return new Waiter(subject, later, next - endsAt < 0 ? next : endsAt, endsAt);
  }
}
