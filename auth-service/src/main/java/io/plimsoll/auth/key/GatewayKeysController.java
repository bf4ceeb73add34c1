package io.plimsoll.auth.key;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.constraints.Pattern;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/// The gateways' view of a key: what verifies the tokens that it signs, and what they may do.
@InternalPort
@RestController
class GatewayKeysController {

  /// @param expiresAt in seconds, as in a token
  /// @param scope the ceiling
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Facts(
      String keyId,
      String tenant,
      boolean disabled,
      @Nullable Long expiresAt,
      String scope,
      @Nullable By verification) {}

  /// Either a public key or a wrapped secret.
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record By(
      @JsonRawValue @Nullable String jwk, @Nullable String secret, @Nullable String wrappedBy) {

    static @Nullable By of(@Nullable Verification verification) {
      return switch (verification) {
        case null -> null;
        case Verification.PublicKey key -> new By(key.jwk(), null, null);
        case Verification.Secret secret -> new By(null, secret.wrapped(), secret.wrappedBy());
      };
    }

    /// Answers are logged at level debug.
    @Override
    public String toString() {
      return "By[…]";
    }
  }

  private final ApiKeys keys;

  GatewayKeysController(ApiKeys keys) {
    this.keys = keys;
  }

  @GetMapping("/internal/v1/keys/{key}")
  ResponseEntity<Facts> get(@PathVariable @Pattern(regexp = Ids.PATTERN) String key) {
    ApiKey found = keys.findForGateway(key).orElseThrow(() -> new UnknownKeyException(key));
    Instant expiresAt = found.expiresAt();
    return ResponseEntity.ok()
        .cacheControl(CacheControl.noStore())
        .body(
            new Facts(
                found.keyId(),
                found.tenantId(),
                found.disabledAt() != null,
                expiresAt == null ? null : expiresAt.getEpochSecond(),
                found.ceiling().toString(),
                By.of(found.verification())));
  }
}
