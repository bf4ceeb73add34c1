package io.plimsoll.auth.revocation;

import io.plimsoll.auth.TenantOnlyException;
import io.plimsoll.auth.audit.Actor;
import io.plimsoll.auth.key.ApiKeys;
import io.plimsoll.auth.key.UnknownKeyException;
import io.plimsoll.service.Caller;
import io.plimsoll.service.Ids;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Pattern;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// Lets a tenant's backend revoke all tokens of one of its users or keys.
@RestController
class RevocationsController {

  /// Exactly one of the two.
  record Whose(
      @Pattern(regexp = Ids.PATTERN) @Nullable String user,
      @Pattern(regexp = Ids.PATTERN) @Nullable String keyId) {}

  /// @param notBefore tokens issued up to this second are refused
  record Revoked(Instant notBefore) {}

  private final Revocations revocations;
  private final ApiKeys keys;

  RevocationsController(Revocations revocations, ApiKeys keys) {
    this.revocations = revocations;
    this.keys = keys;
  }

  @PostMapping(path = "/auth/v1/revocations", produces = MediaType.APPLICATION_JSON_VALUE)
  @ResponseStatus(HttpStatus.CREATED)
  Revoked revoke(Caller caller, @Valid @RequestBody Whose whose) {
    TenantOnlyException.check(caller, "auth:admin");
    String tenant = caller.tenant();
    String key = whose.keyId();
    if ((whose.user() == null) == (key == null)) {
      throw new InvalidRevocationException("Say either user or keyId.");
    }
    if (key != null && keys.find(key).filter(k -> k.tenantId().equals(tenant)).isEmpty()) {
      throw new UnknownKeyException(tenant, key);
    }
    Actor actor = Actor.token(Objects.requireNonNull(caller.authRef(), "auth_ref"));
    return new Revoked(revocations.notBefore(tenant, whose.user(), key, null, actor));
  }
}
