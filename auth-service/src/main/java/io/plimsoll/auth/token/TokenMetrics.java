package io.plimsoll.auth.token;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import org.springframework.stereotype.Component;

/// Counts what the token endpoint answers. All counters exist from the start, so that a rate is
/// right from the first event on.
@Component
final class TokenMetrics {

  private static final String ISSUED = "plimsoll.auth.tokens";
  private static final String REFUSED = "plimsoll.auth.refusals";

  private final Counter tenant;
  private final Counter user;
  private final Map<OAuthError, Counter> refused = new EnumMap<>(OAuthError.class);

  TokenMetrics(MeterRegistry registry) {
    this.tenant = registry.counter(ISSUED, "actor", "tenant");
    this.user = registry.counter(ISSUED, "actor", "user");
    for (OAuthError error : OAuthError.values()) {
      refused.put(error, registry.counter(REFUSED, "error", error.code()));
    }
  }

  void issuedToTenant() {
    tenant.increment();
  }

  void issuedToUser() {
    user.increment();
  }

  void refused(OAuthError error) {
    Counter counter = refused.get(error);
    if (counter != null) {
      counter.increment();
    }
  }
}
