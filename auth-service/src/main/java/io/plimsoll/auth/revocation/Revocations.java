package io.plimsoll.auth.revocation;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.auth.audit.Actor;
import io.plimsoll.auth.audit.Audit;
import io.plimsoll.auth.change.Changes;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/// Revokes. What returned is stored.
@Component
public class Revocations {

  private static final String METRIC = "plimsoll.auth.revocations";

  private final Changes changes;
  private final Audit audit;
  private final Clock clock;
  private final Counter tokens;
  private final Counter notBefores;

  Revocations(Changes changes, Audit audit, Clock clock, MeterRegistry registry) {
    this.changes = changes;
    this.audit = audit;
    this.clock = clock;
    this.tokens = registry.counter(METRIC, "kind", "token");
    this.notBefores = registry.counter(METRIC, "kind", "not-before");
  }

  /// Revokes one token; again changes nothing.
  ///
  /// @param name `<kid>.<base64url(SHA-256(header.payload))>`
  /// @param end when it ends by itself, in seconds
  /// @throws io.plimsoll.auth.change.TooManyRevocationsException when the tenant has too many
  @Transactional
  public void token(String tenant, String name, long end, Actor actor) {
    Long number = changes.token(tenant, name, end);
    if (number != null) {
      audit.add(number, actor, "token.revoked", tenant, null, Map.of("token", name, "until", end));
      tokens.increment();
    }
  }

  /// Revokes what was issued up to an instant: for a tenant, one of its users or keys, or all.
  /// Again, or up to an earlier one, changes nothing.
  ///
  /// @param wanted null for now
  /// @return the second up to which tokens are refused
  @Transactional
  Instant notBefore(
      @Nullable String tenant,
      @Nullable String user,
      @Nullable String key,
      @Nullable Instant wanted,
      Actor actor) {
    Instant second = (wanted == null ? clock.instant() : wanted).truncatedTo(ChronoUnit.SECONDS);
    Long number = changes.notBefore(tenant, user, key, second.getEpochSecond());
    if (number != null) {
      Map<String, Object> detail = new LinkedHashMap<>();
      detail.put("notBefore", second.toString());
      if (user != null) {
        detail.put("user", user);
      }
      audit.add(number, actor, "tokens.revoked", tenant, key, detail);
      notBefores.increment();
    }
    return second;
  }
}
