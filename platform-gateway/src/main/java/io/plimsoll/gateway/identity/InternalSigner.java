package io.plimsoll.gateway.identity;

import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// Signs internal tokens: ES256, `typ: plimsoll-internal+jwt`.
final class InternalSigner {

  /// Characters of a token behind its payload: a dot, and 64 bytes.
  private static final int SIGNATURE = 1 + 86;

  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private final InternalKeys keys;
  private final JsonMapper json;
  private final String header;

  InternalSigner(InternalKeys keys, JsonMapper json) {
    this.keys = keys;
    this.json = json;
    this.header =
        BASE64URL.encodeToString(
                json.writeValueAsBytes(
                    Map.of("alg", "ES256", "typ", "plimsoll-internal+jwt", "kid", keys.kid())))
            + ".";
  }

  /// A token, written once.
  ///
  /// @param before what stands before it, in ASCII
  AsciiString sign(String before, Map<String, Object> claims) throws GeneralSecurityException {
    byte[] start = (before + header).getBytes(StandardCharsets.US_ASCII);
    byte[] payload = BASE64URL.encode(json.writeValueAsBytes(claims));
    ByteBuffer token = ByteBuffer.allocate(start.length + payload.length + SIGNATURE);
    token.put(start).put(payload);
    int from = before.length();
    byte[] signature = keys.signing().sign(token.array(), from, token.position() - from);
    token.put((byte) '.').put(BASE64URL.encode(signature));
    return new AsciiString(token.array(), false);
  }
}
