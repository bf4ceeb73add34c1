package io.plimsoll.gateway.limit;

import io.plimsoll.ratelimit.client.Balance;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/// `/actuator/limits` on the internal port: where this run's units are, by tenant and limit.
@Endpoint(id = "limits")
final class LimitsEndpoint {

  /// @param boot also names this run's reports of usage
  record Held(String boot, List<Balance> balances) {}

  private final Limits limits;

  LimitsEndpoint(Limits limits) {
    this.limits = limits;
  }

  @ReadOperation
  Held held(@Nullable String tenant) {
    return new Held(
        limits.boot(),
        limits.balances().stream()
            .filter(balance -> tenant == null || balance.tenant().equals(tenant))
            .toList());
  }
}
