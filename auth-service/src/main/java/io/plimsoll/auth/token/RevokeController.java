package io.plimsoll.auth.token;

import io.plimsoll.auth.audit.Actor;
import io.plimsoll.auth.key.ApiKey;
import io.plimsoll.auth.revocation.Revocations;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/// The revocation endpoint, [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009): any key of a tenant
/// revokes any token and ticket of the tenant, seen before or not. What is no valid token of the
/// tenant is answered alike (section 2.2) and changes nothing.
@RestController
class RevokeController {

  private final OAuthRequests requests;
  private final CustomerTokens tokens;
  private final Revocations revocations;

  RevokeController(OAuthRequests requests, CustomerTokens tokens, Revocations revocations) {
    this.requests = requests;
    this.tokens = tokens;
    this.revocations = revocations;
  }

  @PostMapping("/auth/oauth2/revoke")
  ResponseEntity<Void> revoke(ServerHttpRequest request) {
    Form form = OAuthRequests.form(request, OAuthRequests.MAX_BYTES_WITH_TOKEN);
    ApiKey key = requests.client(request.getHeaders(), form);
    tokens
        .read(form.need("token"))
        .filter(token -> token.tenant().equals(key.tenantId()))
        .ifPresent(
            token ->
                revocations.token(
                    token.tenant(), token.name(), token.times().expiry(), Actor.key(key.keyId())));
    return ResponseEntity.ok().cacheControl(CacheControl.noStore()).build();
  }
}
