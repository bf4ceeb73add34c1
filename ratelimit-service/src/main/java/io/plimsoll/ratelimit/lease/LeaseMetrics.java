package io.plimsoll.ratelimit.lease;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.ratelimit.policy.Policy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/// How much of the limits is used, by limit; the README lists them. Not by tenant or key: there are
/// too many of those for a time series each.
@Component
final class LeaseMetrics {

  /// Below this part of its burst a bucket is near its limit.
  private static final double NEAR = 0.1;

  private static final class OfLimit {

    final Counter granted;
    final Counter returned;
    final Counter near;
    final Counter empty;
    final Counter away;
    final Counter streamsGranted;
    final Counter streamsRefused;

    OfLimit(MeterRegistry registry, String limit) {
      this.granted = counter(registry, "plimsoll.ratelimit.units.granted", limit);
      this.returned = counter(registry, "plimsoll.ratelimit.units.returned", limit);
      this.near = counter(registry, "plimsoll.ratelimit.demands.near.limit", limit);
      this.empty = counter(registry, "plimsoll.ratelimit.demands.empty", limit);
      this.away = counter(registry, "plimsoll.ratelimit.demands.away", limit);
      this.streamsGranted = counter(registry, "plimsoll.ratelimit.streams.granted", limit);
      this.streamsRefused = counter(registry, "plimsoll.ratelimit.streams.refused", limit);
    }

    private static Counter counter(MeterRegistry registry, String name, String limit) {
      return Counter.builder(name).tag("limit", limit).register(registry);
    }
  }

  private final MeterRegistry registry;
  private final Counter late;
  private final Map<String, OfLimit> limits = new ConcurrentHashMap<>();

  LeaseMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.late = registry.counter("plimsoll.ratelimit.scripts.late");
  }

  void late() {
    late.increment();
  }

  void demand(Policy policy, int want, long granted, long available, long credited, boolean away) {
    OfLimit meters = of(policy);
    if (away) {
      meters.away.increment();
      return;
    }
    if (granted > 0) {
      meters.granted.increment((double) granted);
    }
    if (credited > 0) {
      meters.returned.increment((double) credited);
    }
    if (want > 0 && granted == 0) {
      meters.empty.increment();
    }
    if (want > 0 && policy.burst() != null && available < NEAR * policy.burst().doubleValue()) {
      meters.near.increment();
    }
  }

  void streams(Policy policy, int want, long granted, boolean away) {
    OfLimit meters = of(policy);
    if (away) {
      meters.away.increment();
      return;
    }
    if (granted > 0) {
      meters.streamsGranted.increment((double) granted);
    }
    if (granted < want) {
      meters.streamsRefused.increment((double) (want - granted));
    }
  }

  private OfLimit of(Policy policy) {
    return limits.computeIfAbsent(policy.limit(), limit -> new OfLimit(registry, limit));
  }
}
