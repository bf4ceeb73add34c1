package io.plimsoll.auth.token;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.plimsoll.auth.change.Changes;
import io.plimsoll.auth.key.ApiKeys;
import io.plimsoll.service.internalport.InternalPort;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/// Introspection, [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662), for operators: whether a
/// gateway would accept a token now, and whose it is.
@InternalPort
@RestController
class IntrospectController {

  /// A token may be dated so far ahead, for clocks differ.
  private static final long AHEAD_SECONDS = 60;

  /// @param active nothing else is said of a token that is not
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Introspection(
      boolean active,
      @Nullable String scope,
      @JsonProperty("client_id") @Nullable String clientId,
      @JsonProperty("token_type") @Nullable String tokenType,
      @Nullable Long exp,
      @Nullable Long iat,
      @Nullable String sub,
      @Nullable String aud,
      @Nullable String iss,
      @Nullable String jti,
      @Nullable String tenant,
      @Nullable String user,
      @JsonProperty("auth_ref") @Nullable String authRef) {

    static final Introspection INACTIVE =
        new Introspection(
            false, null, null, null, null, null, null, null, null, null, null, null, null);
  }

  private final CustomerTokens tokens;
  private final ApiKeys keys;
  private final Changes changes;
  private final Clock clock;

  IntrospectController(CustomerTokens tokens, ApiKeys keys, Changes changes, Clock clock) {
    this.tokens = tokens;
    this.keys = keys;
    this.changes = changes;
    this.clock = clock;
  }

  @PostMapping(path = "/admin/v1/introspect", produces = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<Introspection> introspect(ServerHttpRequest request) {
    Form form = OAuthRequests.form(request, OAuthRequests.MAX_BYTES_WITH_TOKEN);
    Introspection answer =
        tokens
            .read(form.need("token"))
            .filter(this::counts)
            .map(IntrospectController::of)
            .orElse(Introspection.INACTIVE);
    return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(answer);
  }

  private boolean counts(Presented token) {
    Instant now = clock.instant();
    long latest = now.getEpochSecond() + AHEAD_SECONDS;
    if (token.times().issued() > latest
        || token.times().notBefore() > latest
        || keys.tenantDisabled(token.tenant())) {
      return false;
    }
    String keyId = token.keyId();
    if (keyId != null
        && keys.find(keyId)
            .filter(key -> !key.ended(now) && tokens.stillProven(token, key))
            .isEmpty()) {
      return false;
    }
    List<String> names =
        Stream.of(Optional.of(token.name()), Optional.ofNullable(token.standsFor()))
            .flatMap(Optional::stream)
            .toList();
    return !changes.refuse(names, token.tenant(), token.user(), keyId, token.authIssued());
  }

  private static Introspection of(Presented token) {
    return new Introspection(
        true,
        token.scope(),
        token.keyId(),
        token.standsFor() == null ? "Bearer" : "ticket",
        token.times().expiry(),
        token.times().issued(),
        token.subject(),
        AccessTokens.AUDIENCE,
        token.issuer(),
        token.id(),
        token.tenant(),
        token.user(),
        token.standsFor() == null ? token.name() : token.standsFor());
  }
}
