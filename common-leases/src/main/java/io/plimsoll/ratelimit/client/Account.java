package io.plimsoll.ratelimit.client;

import java.util.concurrent.atomic.LongAdder;

/// The counters of one tenant under one limit. Spending is counted when a lease is closed, so that
/// it costs a request nothing.
final class Account {

  record Key(String tenant, String limit) {}

  final LongAdder granted = new LongAdder();
  final LongAdder spent = new LongAdder();
  final LongAdder returned = new LongAdder();
  final LongAdder expired = new LongAdder();
  final LongAdder awayAdmitted = new LongAdder();
  final LongAdder shadowRefused = new LongAdder();
}
