package io.plimsoll.gateway.limit;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/// Part of readiness: traffic is taken once policies are known. It does not fall back later: the
/// last ones hold, and each says what happens while ratelimit-service is away.
final class LimitsHealth implements HealthIndicator {

  private final Limits limits;

  LimitsHealth(Limits limits) {
    this.limits = limits;
  }

  @Override
  public Health health() {
    return limits.ready() ? Health.up().build() : Health.outOfService().build();
  }
}
