package io.plimsoll.auth.key;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.auth.Ids;
import io.plimsoll.auth.InternalPort;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// The operators' view of a tenant's keys.
@InternalPort
@RestController
@RequestMapping("/admin/v1/tenants/{tenant}/keys")
class KeysController {

  private static final Instant LATEST_EXPIRY = Instant.parse("9999-12-31T23:59:59Z");

  record NewKey(
      @NotBlank @Size(max = 200) String name, @Nullable String scope, @Nullable String expiresAt) {}

  /// @param secret only in the answer to the key's creation
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record KeyView(
      String keyId,
      @Nullable String secret,
      String name,
      String scope,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant disabledAt,
      @Nullable Instant lastUsedHour) {

    static KeyView of(ApiKey key, @Nullable String secret) {
      return new KeyView(
          key.keyId(),
          secret,
          key.name(),
          key.ceiling().toString(),
          key.createdAt(),
          key.expiresAt(),
          key.disabledAt(),
          key.lastUsedHour());
    }

    /// Answers are logged at level debug; the secret must not be.
    @Override
    public String toString() {
      return "KeyView[" + keyId + "]";
    }
  }

  record KeyList(List<KeyView> keys) {}

  private final ApiKeys keys;
  private final Clock clock;

  KeysController(ApiKeys keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  @PostMapping
  ResponseEntity<KeyView> create(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @Valid @RequestBody NewKey newKey) {
    ApiKeys.Created created =
        keys.create(tenant, newKey.name(), ceiling(newKey), expiry(newKey.expiresAt()));
    return ResponseEntity.status(HttpStatus.CREATED)
        .cacheControl(CacheControl.noStore())
        .body(KeyView.of(created.key(), created.secret().value()));
  }

  /// In whole seconds, like the times in a token, so that a key never works for less than one. It
  /// is read here because Jackson would take a number for an instant too.
  private @Nullable Instant expiry(@Nullable String wanted) {
    if (wanted == null) {
      return null;
    }
    try {
      Instant expiry = Instant.parse(wanted).truncatedTo(ChronoUnit.SECONDS);
      if (expiry.isAfter(clock.instant()) && !expiry.isAfter(LATEST_EXPIRY)) {
        return expiry;
      }
    } catch (DateTimeParseException e) {
      // refused below
    }
    throw new InvalidKeyException(
        "expiresAt must be an instant ahead, such as 2030-01-31T12:00:00Z, at latest "
            + LATEST_EXPIRY
            + ".");
  }

  private static Scopes ceiling(NewKey newKey) {
    if (newKey.scope() == null) {
      return Scopes.DEFAULT;
    }
    return Scopes.parse(newKey.scope())
        .orElseThrow(
            () ->
                new InvalidKeyException(
                    "scope must be <service>:read|write|admin, separated by single spaces, at most "
                        + Scopes.MAX_LENGTH
                        + " characters."));
  }

  @GetMapping
  KeyList list(@PathVariable @Pattern(regexp = Ids.PATTERN) String tenant) {
    return new KeyList(keys.ofTenant(tenant).stream().map(key -> KeyView.of(key, null)).toList());
  }

  @DeleteMapping("/{key}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void disable(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @PathVariable @Pattern(regexp = Ids.PATTERN) String key) {
    if (!keys.disable(tenant, key)) {
      throw new UnknownKeyException(tenant, key);
    }
  }
}
