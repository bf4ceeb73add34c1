package io.plimsoll.auth.signing;

import io.plimsoll.auth.AuthProperties;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/// What a client or a gateway needs to know of this authorization server: its keys ([RFC
/// 7517](https://www.rfc-editor.org/rfc/rfc7517#section-5)) and its metadata ([RFC
/// 8414](https://www.rfc-editor.org/rfc/rfc8414#section-3)).
///
/// The well-known path stands before the issuer's own, and, for clients that append it instead,
/// below it too.
@RestController
class DiscoveryController {

  /// A new key is published this long before it signs, and an old one this long after.
  private static final CacheControl CACHED =
      CacheControl.maxAge(Duration.ofMinutes(5)).cachePublic();

  private final SigningKeys keys;
  private final byte[] metadata;

  DiscoveryController(SigningKeys keys, AuthProperties properties, JsonMapper json) {
    this.keys = keys;
    this.metadata = json.writeValueAsBytes(metadata(properties.issuer()));
  }

  @GetMapping("/auth/oauth2/jwks")
  ResponseEntity<byte[]> keys() {
    return json(keys.publicSet().getBytes(StandardCharsets.UTF_8));
  }

  @GetMapping(
      path = {
        "/.well-known/oauth-authorization-server/auth",
        "/auth/.well-known/oauth-authorization-server"
      })
  ResponseEntity<byte[]> metadata() {
    return json(metadata);
  }

  private static ResponseEntity<byte[]> json(byte[] body) {
    return ResponseEntity.ok()
        .contentType(MediaType.APPLICATION_JSON)
        .cacheControl(CACHED)
        .body(body);
  }

  private static Map<String, Object> metadata(String issuer) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("issuer", issuer);
    metadata.put("token_endpoint", issuer + "/oauth2/token");
    metadata.put("revocation_endpoint", issuer + "/oauth2/revoke");
    metadata.put("jwks_uri", issuer + "/oauth2/jwks");
    metadata.put(
        "grant_types_supported",
        List.of("client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"));
    metadata.put("token_endpoint_auth_methods_supported", List.of("client_secret_basic"));
    metadata.put("revocation_endpoint_auth_methods_supported", List.of("client_secret_basic"));
    // required, and empty: there is no authorization endpoint
    metadata.put("response_types_supported", List.of());
    return metadata;
  }
}
