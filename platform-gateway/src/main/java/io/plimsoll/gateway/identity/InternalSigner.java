package io.plimsoll.gateway.identity;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// Signs internal tokens: ES256, `typ: plimsoll-internal+jwt`.
final class InternalSigner {

  private final InternalKeys keys;
  private final JsonMapper json;
  private final String header;

  InternalSigner(InternalKeys keys, JsonMapper json) {
    this.keys = keys;
    this.json = json;
    this.header =
        encode(
            json.writeValueAsBytes(
                Map.of("alg", "ES256", "typ", "plimsoll-internal+jwt", "kid", keys.kid())));
  }

  String sign(Map<String, Object> claims) throws GeneralSecurityException {
    String signed = header + "." + encode(json.writeValueAsBytes(claims));
    return signed + "." + encode(keys.signing().sign(signed.getBytes(StandardCharsets.US_ASCII)));
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
