package io.plimsoll.gateway.token;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/// Part of readiness: traffic is taken once auth-service's keys were read or asked for. It does not
/// fall back later: old keys serve, and cached tokens do without.
final class KeysHealth implements HealthIndicator {

  private final AuthKeys keys;

  KeysHealth(AuthKeys keys) {
    this.keys = keys;
  }

  @Override
  public Health health() {
    return keys.tried() ? Health.up().build() : Health.outOfService().build();
  }
}
