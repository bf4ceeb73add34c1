package io.plimsoll.auth.token;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A signed token taken apart, before its signature is looked at, as strictly as a gateway does it:
/// three non-empty parts in unpadded base64url with zero spare bits, two JSON objects in UTF-8
/// without duplicate members, no header that changes what the signature means or brings a key
/// along.
///
/// Nimbus alone accepts non-canonical last characters, an appended `==` and stray characters.
final class CompactJws {

  static final int MAX_LENGTH = 8 * 1024;

  /// 2^53 - 1: what every JSON implementation reads alike.
  private static final long MAX_TIME = 9_007_199_254_740_991L;

  private static final Set<String> REFUSED_HEADERS =
      Set.of("crit", "b64", "jwk", "jku", "x5u", "x5c");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String signed;
  private final JsonNode header;
  private final JsonNode claims;
  private final byte[] signature;

  private CompactJws(String signed, JsonNode header, JsonNode claims, byte[] signature) {
    this.signed = signed;
    this.header = header;
    this.claims = claims;
    this.signature = signature;
  }

  /// Empty for what no gateway would look at.
  static Optional<CompactJws> parse(String token) {
    if (token.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    JsonNode header = object(parts[0]);
    JsonNode claims = object(parts[1]);
    byte[] signature = decode(parts[2]);
    if (header == null
        || claims == null
        || signature == null
        || REFUSED_HEADERS.stream().anyMatch(header::has)) {
      return Optional.empty();
    }
    return Optional.of(new CompactJws(parts[0] + "." + parts[1], header, claims, signature));
  }

  /// What the signature is of.
  byte[] signed() {
    return signed.getBytes(StandardCharsets.US_ASCII);
  }

  byte[] signature() {
    return signature.clone();
  }

  JsonNode header() {
    return header;
  }

  JsonNode claims() {
    return claims;
  }

  /// A header's or claim's text; null when it is absent or no text.
  static @Nullable String text(JsonNode object, String member) {
    JsonNode value = object.path(member);
    return value.isString() ? value.asString() : null;
  }

  /// A time in whole seconds; empty when it is absent or none.
  OptionalLong seconds(String claim) {
    JsonNode value = claims.path(claim);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      return OptionalLong.empty();
    }
    long seconds = value.asLong();
    return seconds >= 0 && seconds <= MAX_TIME ? OptionalLong.of(seconds) : OptionalLong.empty();
  }

  /// The token's name in revocations.
  String name(String kid) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(signed());
      return kid + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static @Nullable JsonNode object(String part) {
    byte[] bytes = decode(part);
    if (bytes == null) {
      return null;
    }
    try {
      // Jackson would take UTF-16 and UTF-32 too
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      JsonNode node = JSON.readTree(text);
      return node.isObject() ? node : null;
    } catch (CharacterCodingException | JacksonException e) {
      return null;
    }
  }

  private static byte @Nullable [] decode(String part) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(part);
      boolean canonical =
          bytes.length > 0
              && Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part);
      return canonical ? bytes : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
