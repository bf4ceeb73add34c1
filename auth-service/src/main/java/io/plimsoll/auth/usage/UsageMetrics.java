package io.plimsoll.auth.usage;

import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.stereotype.Component;

/// Counts what gateways report, for operators. By service and status, not by tenant: there may be
/// more of those than a Prometheus holds.
@Component
final class UsageMetrics {

  private final MeterRegistry registry;

  UsageMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  void add(Usage.Delta delta) {
    registry
        .counter(
            "plimsoll.auth.usage.requests",
            "service",
            delta.service(),
            "class",
            delta.routeClass(),
            "status",
            delta.status())
        .increment((double) delta.requests());
    registry
        .counter("plimsoll.auth.usage.bytes", "service", delta.service(), "direction", "in")
        .increment((double) delta.bytesIn());
    registry
        .counter("plimsoll.auth.usage.bytes", "service", delta.service(), "direction", "out")
        .increment((double) delta.bytesOut());
    registry
        .counter("plimsoll.auth.usage.stream.seconds", "service", delta.service())
        .increment(delta.streamSeconds());
    registry
        .counter("plimsoll.auth.usage.admitted", "service", delta.service())
        .increment((double) delta.admitted());
  }
}
