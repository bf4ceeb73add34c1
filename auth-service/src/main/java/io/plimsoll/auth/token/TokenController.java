package io.plimsoll.auth.token;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.plimsoll.auth.key.ApiKey;
import io.plimsoll.auth.key.Scopes;
import io.plimsoll.service.Ids;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/// The token endpoint: [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)'s client
/// credentials for a tenant's backend, and [RFC 8693](https://www.rfc-editor.org/rfc/rfc8693)'s
/// token exchange, with which that backend gets a token for one of its users.
@RestController
class TokenController {

  private static final String CLIENT_CREDENTIALS = "client_credentials";
  private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
  private static final String USER = "urn:plimsoll:token-type:user";
  private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
  private static final String JWT = "urn:ietf:params:oauth:token-type:jwt";

  private static final int MAX_BODY_BYTES = 8 * 1024;

  /// [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749#section-5.1), and `issued_token_type` after
  /// an exchange.
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Issued(
      @JsonProperty("access_token") String accessToken,
      @JsonProperty("issued_token_type") @Nullable String issuedTokenType,
      @JsonProperty("token_type") String tokenType,
      @JsonProperty("expires_in") long expiresIn,
      String scope) {

    /// Answers are logged at level debug; the token must not be.
    @Override
    public String toString() {
      return "Issued[…]";
    }
  }

  private final OAuthRequests requests;
  private final AccessTokens tokens;
  private final TokenMetrics metrics;

  TokenController(OAuthRequests requests, AccessTokens tokens, TokenMetrics metrics) {
    this.requests = requests;
    this.tokens = tokens;
    this.metrics = metrics;
  }

  @PostMapping("/auth/oauth2/token")
  ResponseEntity<Issued> token(ServerHttpRequest request) {
    Form form = OAuthRequests.form(request, MAX_BODY_BYTES);
    ApiKey key = requests.client(request.getHeaders(), form);
    return switch (form.need("grant_type")) {
      case CLIENT_CREDENTIALS -> clientCredentials(key, form);
      case TOKEN_EXCHANGE -> exchange(key, form);
      default ->
          throw new OAuthException(
              OAuthError.UNSUPPORTED_GRANT_TYPE,
              "Supported are " + CLIENT_CREDENTIALS + " and " + TOKEN_EXCHANGE + ".");
    };
  }

  private ResponseEntity<Issued> clientCredentials(ApiKey key, Form form) {
    checkTarget(form);
    Scopes scopes = asked(key, form).orElse(key.ceiling());
    metrics.issuedToTenant();
    return issued(tokens.forTenant(key, scopes), null);
  }

  private ResponseEntity<Issued> exchange(ApiKey key, Form form) {
    if (!form.need("subject_token_type").equals(USER)) {
      throw OAuthRequests.invalid("subject_token_type must be " + USER + ".");
    }
    String user = form.need("subject_token");
    if (!CustomerTokens.isUser(user)) {
      throw OAuthRequests.invalid(
          "subject_token must be a user id: " + Ids.PATTERN + ", but neither . nor ..");
    }
    checkExchange(form);
    checkTarget(form);
    Scopes scopes = asked(key, form).orElseGet(() -> key.ceiling().withoutAdmin());
    if (scopes.haveAdmin() || scopes.isEmpty()) {
      throw new OAuthException(OAuthError.INVALID_SCOPE, "A user has no admin scope.");
    }
    metrics.issuedToUser();
    return issued(tokens.forUser(key, scopes, user), ACCESS_TOKEN);
  }

  private static void checkExchange(Form form) {
    form.get("requested_token_type")
        .filter(type -> !type.equals(ACCESS_TOKEN) && !type.equals(JWT))
        .ifPresent(
            _ -> {
              throw OAuthRequests.invalid("requested_token_type must be " + ACCESS_TOKEN + ".");
            });
    if (form.get("actor_token").isPresent() || form.get("actor_token_type").isPresent()) {
      throw OAuthRequests.invalid("actor_token is not supported: the client itself acts.");
    }
  }

  private static void checkTarget(Form form) {
    if (form.get("resource").isPresent()
        || form.get("audience")
            .filter(audience -> !audience.equals(AccessTokens.AUDIENCE))
            .isPresent()) {
      throw new OAuthException(
          OAuthError.INVALID_TARGET,
          "Every token is for the audience " + AccessTokens.AUDIENCE + ".");
    }
  }

  /// Refused rather than trimmed: a client that asks for more than it has is mistaken about
  /// something.
  private static Optional<Scopes> asked(ApiKey key, Form form) {
    return form.get("scope")
        .map(
            scope ->
                Scopes.parse(scope)
                    .filter(key.ceiling()::cover)
                    .orElseThrow(
                        () ->
                            new OAuthException(
                                OAuthError.INVALID_SCOPE,
                                "The scope is malformed or above the key's.")));
  }

  private static ResponseEntity<Issued> issued(
      AccessTokens.Minted minted, @Nullable String issuedTokenType) {
    return ResponseEntity.ok()
        .contentType(MediaType.APPLICATION_JSON)
        .cacheControl(CacheControl.noStore())
        .header(HttpHeaders.PRAGMA, "no-cache")
        .body(
            new Issued(
                minted.token(),
                issuedTokenType,
                "Bearer",
                minted.lifeSeconds(),
                minted.scopes().toString()));
  }
}
