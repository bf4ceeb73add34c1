package io.plimsoll.auth.revocation;

import io.plimsoll.auth.audit.Actor;
import io.plimsoll.auth.change.Changes;
import io.plimsoll.auth.key.ApiKeys;
import io.plimsoll.auth.key.UnknownKeyException;
import io.plimsoll.auth.tenant.UnknownTenantException;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Pattern;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// Lets operators revoke what was issued before an instant: after a leak, or after a backup was
/// restored that no longer knows the latest revocations.
@InternalPort
@RestController
class OperatorRevocationsController {

  /// @param tenant absent: the whole platform
  /// @param user of this tenant; absent: all
  /// @param keyId of this tenant; absent: all
  /// @param notBefore absent: now
  record Wanted(
      @Pattern(regexp = Ids.PATTERN) @Nullable String tenant,
      @Pattern(regexp = Ids.PATTERN) @Nullable String user,
      @Pattern(regexp = Ids.PATTERN) @Nullable String keyId,
      @Nullable String notBefore) {}

  private final Revocations revocations;
  private final ApiKeys keys;
  private final Clock clock;

  OperatorRevocationsController(Revocations revocations, ApiKeys keys, Clock clock) {
    this.revocations = revocations;
    this.keys = keys;
    this.clock = clock;
  }

  @PostMapping(path = "/admin/v1/revocations", produces = MediaType.APPLICATION_JSON_VALUE)
  @ResponseStatus(HttpStatus.CREATED)
  RevocationsController.Revoked revoke(
      @Valid @RequestBody Wanted wanted, @RequestAttribute(InternalPort.OPERATOR) String operator) {
    String tenant = wanted.tenant();
    String key = wanted.keyId();
    if (tenant == null && (wanted.user() != null || key != null)) {
      throw new InvalidRevocationException("A user and a key are a tenant's: say whose.");
    }
    if (wanted.user() != null && key != null) {
      throw new InvalidRevocationException("Say either user or keyId.");
    }
    if (tenant != null && !keys.tenantExists(tenant)) {
      throw new UnknownTenantException(tenant);
    }
    if (tenant != null
        && key != null
        && keys.find(key).filter(k -> k.tenantId().equals(tenant)).isEmpty()) {
      throw new UnknownKeyException(tenant, key);
    }
    return new RevocationsController.Revoked(
        revocations.notBefore(
            tenant, wanted.user(), key, instant(wanted.notBefore()), Actor.operator(operator)));
  }

  private @Nullable Instant instant(@Nullable String wanted) {
    if (wanted == null) {
      return null;
    }
    try {
      Instant instant = Instant.parse(wanted);
      Instant now = clock.instant();
      if (!instant.isAfter(now) && instant.isAfter(now.minus(Changes.KEPT))) {
        return instant;
      }
    } catch (DateTimeParseException e) {
      // refused below
    }
    throw new InvalidRevocationException(
        "notBefore must be an instant that has passed, such as 2030-01-31T12:00:00Z, within the last "
            + Changes.KEPT.toHours()
            + " hours: what is older has ended.");
  }
}
