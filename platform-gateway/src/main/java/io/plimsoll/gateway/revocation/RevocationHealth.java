package io.plimsoll.gateway.revocation;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/// Part of readiness: traffic is taken once everything revoked is known. It does not fall back
/// later, for all gateways would fall back at once; requests get 503 then.
final class RevocationHealth implements HealthIndicator {

  private final Changes changes;

  RevocationHealth(Changes changes) {
    this.changes = changes;
  }

  @Override
  public Health health() {
    return changes.loaded() ? Health.up().build() : Health.outOfService().build();
  }
}
