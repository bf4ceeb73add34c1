package io.plimsoll.ratelimit.client;

import java.util.function.Consumer;

/// A request that waits for a lease.
///
/// @param deadline when the store-away mode decides
record Waiter(Subject subject, Consumer<Decision> later, long deadline) {}
