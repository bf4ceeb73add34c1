package io.plimsoll.gateway.token;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.signature.Algorithm;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// A token whose form is beyond reproach and of which nothing else is known yet.
///
/// Compact JWS (RFC 7515, section 7.1) as strict as its grammar: libraries accept an appended `==`,
/// stray characters and non-canonical last characters, so that one token has many spellings; here
/// it has one. All of it happens before any cryptography.
///
/// @param algorithm with which it says it is signed
/// @param kid the key that is said to have signed it
/// @param typ what kind of token it says it is
/// @param claims as in the payload
/// @param signed what the signature is over, ASCII
/// @param signature as long as the algorithm's are
@SuppressWarnings("ArrayRecordComponent") // it is one token's, on its way, and compared with none
record Jws(
    Algorithm algorithm,
    String kid,
    @Nullable String typ,
    Map<String, Object> claims,
    byte[] signed,
    byte[] signature) {

  /// Longer ones are refused unread.
  static final int MAX_LENGTH = 8 * 1024;

  /// What would change how, or with which key, the token is verified (RFC 7515, section 4.1).
  private static final List<String> FORBIDDEN_HEADERS =
      List.of("crit", "jwk", "jku", "x5u", "x5c", "b64");

  private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  static Jws parse(String token) {
    if (token.length() > MAX_LENGTH) {
      throw malformed("The token is longer than 8 KiB.");
    }
    // what is no byte becomes a question mark, which no part may have, be it one character or two
    byte[] text = token.getBytes(StandardCharsets.ISO_8859_1);
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (text.length < token.length()
        || first <= 0
        || second <= first + 1
        || second == token.length() - 1
        || token.indexOf('.', second + 1) >= 0) {
      throw malformed("A token has three parts.");
    }
    byte[] header = decode(text, 0, first);
    byte[] payload = decode(text, first + 1, second);
    byte[] signature = decode(text, second + 1, text.length);
    Map<String, Object> headers = object(header);
    for (String forbidden : FORBIDDEN_HEADERS) {
      if (headers.containsKey(forbidden)) {
        throw malformed("The header member " + forbidden + " is not accepted.");
      }
    }
    Algorithm algorithm = Algorithm.of(headers.get("alg"));
    if (algorithm == null) {
      throw malformed("The algorithm is not one of ES256, EdDSA and HS256.");
    }
    if (signature.length != algorithm.signatureLength()) {
      throw malformed(
          "A signature of " + algorithm.jose() + " has " + algorithm.signatureLength() + " bytes.");
    }
    if (!(headers.get("kid") instanceof String kid) || kid.isEmpty()) {
      throw malformed("The header names no kid.");
    }
    Object typ = headers.get("typ");
    if (headers.containsKey("typ") && !(typ instanceof String)) {
      throw malformed("The header member typ is not a text.");
    }
    return new Jws(
        algorithm, kid, (String) typ, object(payload), Arrays.copyOf(text, second), signature);
  }

  static byte[] decode(byte[] text, int from, int to) {
    // one spelling: no padding, and the bits that the last character has to spare are zero
    char last = (char) text[to - 1];
    boolean canonical =
        switch ((to - from) % 4) {
          case 0 -> last != '=';
          case 2 -> "AQgw".indexOf(last) >= 0;
          case 3 -> "AEIMQUYcgkosw048".indexOf(last) >= 0;
          default -> false;
        };
    if (canonical) {
      try {
        return Base64.getUrlDecoder().decode(ByteBuffer.wrap(text, from, to - from)).array();
      } catch (IllegalArgumentException e) {
        // answered below
      }
    }
    throw malformed("A part is not unpadded base64url.");
  }

  private static Map<String, Object> object(byte[] bytes) {
    try {
      // decoded here, for Jackson would accept UTF-16 too; what is no UTF-8 comes back as other
      // bytes
      String text = new String(bytes, StandardCharsets.UTF_8);
      if (Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
        Map<String, Object> members = JSON.readValue(text, OBJECT);
        if (members != null) {
          return members;
        }
      }
    } catch (JacksonException e) {
      // answered below
    }
    throw malformed("A part is not a JSON object with each member once.");
  }

  static ProblemException malformed(String detail) {
    return Problem.unauthorized("malformed", detail).exception();
  }
}
