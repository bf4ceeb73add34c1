package io.plimsoll.auth.key;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.auth.audit.Actor;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/// The operators' view of a tenant's keys.
@InternalPort
@RestController
@RequestMapping("/admin/v1/tenants/{tenant}/keys")
class KeysController {

  private static final Instant LATEST_EXPIRY = Instant.parse("9999-12-31T23:59:59Z");

  /// @param verification a public JWK or `{"kind":"secret"}`
  record NewKey(
      @NotBlank @Size(max = 200) String name,
      @Nullable String scope,
      @Nullable String expiresAt,
      @Nullable WantedVerification verification) {}

  /// What is absent stays as it is.
  record KeyPatch(
      @Size(min = 1, max = 200) @Nullable String name,
      @Nullable String scope,
      @Nullable String expiresAt) {}

  /// @param next the `after` of the next page, maybe empty; absent where a page is not full
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record KeyList(List<KeyView> keys, @Nullable String next) {}

  private final ApiKeys keys;
  private final Verifications verifications;
  private final Clock clock;

  KeysController(ApiKeys keys, Verifications verifications, Clock clock) {
    this.keys = keys;
    this.verifications = verifications;
    this.clock = clock;
  }

  @PostMapping(produces = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<KeyView> create(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @Valid @RequestBody NewKey newKey,
      @RequestAttribute(InternalPort.OPERATOR) String operator) {
    JsonNode verification =
        newKey.verification() == null || newKey.verification().json().isNull()
            ? null
            : newKey.verification().json();
    Scopes ceiling = newKey.scope() == null ? Scopes.DEFAULT : ceiling(newKey.scope());
    Instant expiry = newKey.expiresAt() == null ? null : expiry(newKey.expiresAt());
    ApiKeys.Created created =
        keys.create(
            tenant,
            new ApiKeys.New(newKey.name(), ceiling, expiry, verification),
            Actor.operator(operator));
    return ResponseEntity.status(HttpStatus.CREATED)
        .cacheControl(CacheControl.noStore())
        .body(KeyView.of(created.key(), created.secret().value(), created.verificationSecret()));
  }

  /// In whole seconds, like the times in a token, so that a key never works for less than one. It
  /// is read here because Jackson would take a number for an instant too.
  private Instant expiry(String wanted) {
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

  private static Scopes ceiling(String scope) {
    return Scopes.parse(scope)
        .orElseThrow(
            () ->
                new InvalidKeyException(
                    "scope must be <service>:read|write|admin, separated by single spaces, at most "
                        + Scopes.MAX_LENGTH
                        + " characters."));
  }

  @GetMapping(produces = MediaType.APPLICATION_JSON_VALUE)
  KeyList list(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @RequestParam(defaultValue = "") @Pattern(regexp = "|" + Ids.PATTERN) String after,
      @RequestParam(required = false) @Min(1) @Max(1000) @Nullable Integer limit) {
    int most = Objects.requireNonNullElse(limit, 1000);
    List<ApiKey> page = keys.ofTenant(tenant, after, most);
    return new KeyList(
        page.stream().map(key -> KeyView.of(key, null, null)).toList(),
        page.size() < most ? null : page.getLast().keyId());
  }

  /// An expiry ends the overlap of a rotation: the old key works on until then, beside the new one.
  @PatchMapping(path = "/{key}", produces = MediaType.APPLICATION_JSON_VALUE)
  KeyView change(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @PathVariable @Pattern(regexp = Ids.PATTERN) String key,
      @Valid @RequestBody KeyPatch patch,
      @RequestAttribute(InternalPort.OPERATOR) String operator) {
    String name = patch.name();
    if (name != null && name.isBlank()) {
      throw new InvalidKeyException("name must not be blank.");
    }
    Scopes ceiling = patch.scope() == null ? null : ceiling(patch.scope());
    Instant expiry = patch.expiresAt() == null ? null : expiry(patch.expiresAt());
    ApiKey changed =
        keys.change(
            tenant,
            key,
            before ->
                before.with(
                    name == null ? before.name() : name,
                    ceiling == null ? before.ceiling() : ceiling,
                    expiry == null ? before.expiresAt() : expiry,
                    before.verification()),
            Actor.operator(operator));
    return KeyView.of(changed, null, null);
  }

  /// Tokens that the former one verified are refused from then on.
  @PutMapping(path = "/{key}/verification", produces = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<KeyView.VerificationView> verify(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @PathVariable @Pattern(regexp = Ids.PATTERN) String key,
      @RequestBody WantedVerification wanted,
      @RequestAttribute(InternalPort.OPERATOR) String operator) {
    AtomicReference<@Nullable String> secret = new AtomicReference<>();
    ApiKey changed =
        keys.change(
            tenant,
            key,
            before -> {
              Verifications.Made made = verifications.make(key, wanted.json());
              secret.set(made.secret());
              return before.with(
                  before.name(), before.ceiling(), before.expiresAt(), made.verification());
            },
            Actor.operator(operator));
    return ResponseEntity.ok()
        .cacheControl(CacheControl.noStore())
        .body(KeyView.VerificationView.of(changed, secret.get()));
  }

  @DeleteMapping("/{key}/verification")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void verifyNoLonger(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @PathVariable @Pattern(regexp = Ids.PATTERN) String key,
      @RequestAttribute(InternalPort.OPERATOR) String operator) {
    keys.change(
        tenant,
        key,
        before -> before.with(before.name(), before.ceiling(), before.expiresAt(), null),
        Actor.operator(operator));
  }

  @DeleteMapping("/{key}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void disable(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @PathVariable @Pattern(regexp = Ids.PATTERN) String key,
      @RequestAttribute(InternalPort.OPERATOR) String operator) {
    keys.disable(tenant, key, Actor.operator(operator));
  }
}
