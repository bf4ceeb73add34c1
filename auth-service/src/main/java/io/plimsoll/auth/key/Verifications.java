package io.plimsoll.auth.key;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Makes what verifies a tenant's tokens, from an uploaded public JWK ([RFC
/// 7517](https://www.rfc-editor.org/rfc/rfc7517), [RFC
/// 8037](https://www.rfc-editor.org/rfc/rfc8037)) or from chance.
///
/// A JWK is read to the letter: members that are not listed here are refused, among them private
/// ones and those that hold or point at certificates.
@Component
final class Verifications {

  /// @param secret shown to the operator once; null for a public key
  record Made(Verification verification, @Nullable String secret) {

    /// Records print their components; this one must not.
    @Override
    public String toString() {
      return "Made[…]";
    }
  }

  private static final int SECRET_BYTES = 32;
  private static final int COORDINATE_BYTES = 32;
  private static final Set<String> MEMBERS =
      Set.of("kty", "crv", "x", "y", "alg", "use", "key_ops", "kid");
  private static final Set<String> PRIVATE_MEMBERS =
      Set.of("d", "p", "q", "dp", "dq", "qi", "oth", "k");

  /// The prime of [RFC 8032](https://www.rfc-editor.org/rfc/rfc8032#section-5.1).
  private static final BigInteger ED25519_PRIME =
      BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

  /// An ordinate of order 8; its negative is the other.
  private static final BigInteger ED25519_ORDER_8 =
      new BigInteger("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16);

  /// The ordinates of the eight points whose order divides the cofactor, which is 8. A signature
  /// that verifies with one of them can be made without any key.
  private static final Set<BigInteger> ED25519_SMALL_ORDER =
      Set.of(
          BigInteger.ZERO,
          BigInteger.ONE,
          ED25519_PRIME.subtract(BigInteger.ONE),
          ED25519_ORDER_8,
          ED25519_PRIME.subtract(ED25519_ORDER_8));

  private static final SecureRandom RANDOM = new SecureRandom();

  private final WrappingKeys wrappingKeys;
  private final JsonMapper json;

  Verifications(WrappingKeys wrappingKeys, JsonMapper json) {
    this.wrappingKeys = wrappingKeys;
    this.json = json;
  }

  /// @throws InvalidVerificationException for anything but a usable public JWK and
  ///   `{"kind":"secret"}`
  /// @throws NoWrappingKeysException for a secret where none can be kept
  Made make(String keyId, JsonNode wanted) {
    if (wanted.has("kind")) {
      if (wanted.size() != 1 || !"secret".equals(text(wanted, "kind"))) {
        throw new InvalidVerificationException("There is no such kind.");
      }
      byte[] secret = new byte[SECRET_BYTES];
      RANDOM.nextBytes(secret);
      return new Made(
          wrappingKeys.wrap(keyId, secret),
          Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }
    return new Made(publicKey(keyId, wanted), null);
  }

  private Verification.PublicKey publicKey(String keyId, JsonNode jwk) {
    for (String member : jwk.propertyNames()) {
      if (PRIVATE_MEMBERS.contains(member)) {
        throw new InvalidVerificationException(
            "The JWK has private members: take it for known to others, and make a new pair.");
      }
      if (!MEMBERS.contains(member)) {
        throw new InvalidVerificationException("The JWK has a member that is not taken.");
      }
    }
    checkUse(jwk);
    Map<String, String> canonical = new LinkedHashMap<>();
    String algorithm;
    String curve = text(jwk, "kty") + " " + text(jwk, "crv");
    switch (curve) {
      case "EC P-256" -> {
        algorithm = "ES256";
        canonical.put("kty", "EC");
        canonical.put("crv", "P-256");
        canonical.put("x", coordinate(jwk, "x"));
        canonical.put("y", coordinate(jwk, "y"));
        checkP256(canonical);
      }
      case "OKP Ed25519" -> {
        algorithm = "EdDSA";
        if (jwk.has("y")) {
          throw new InvalidVerificationException("An OKP key has no y.");
        }
        canonical.put("kty", "OKP");
        canonical.put("crv", "Ed25519");
        canonical.put("x", coordinate(jwk, "x"));
        checkEd25519(canonical);
      }
      default -> throw new InvalidVerificationException("The JWK is of another kind or curve.");
    }
    if (jwk.has("alg") && !algorithm.equals(text(jwk, "alg"))) {
      throw new InvalidVerificationException("alg does not fit the key: " + algorithm + ".");
    }
    canonical.put("alg", algorithm);
    canonical.put("use", "sig");
    canonical.put("kid", keyId);
    return new Verification.PublicKey(algorithm, json.writeValueAsString(canonical));
  }

  private static void checkUse(JsonNode jwk) {
    if (jwk.has("use") && !"sig".equals(text(jwk, "use"))) {
      throw new InvalidVerificationException("use must be sig.");
    }
    JsonNode operations = jwk.path("key_ops");
    if (!operations.isMissingNode()
        && !(operations.isArray()
            && operations.size() == 1
            && operations.get(0).isString()
            && operations.get(0).asString().equals("verify"))) {
      throw new InvalidVerificationException("key_ops must be verify alone.");
    }
  }

  private static void checkP256(Map<String, String> jwk) {
    try {
      // refuses points that are not on the curve
      new ECKey.Builder(Curve.P_256, new Base64URL(jwk.get("x")), new Base64URL(jwk.get("y")))
          .build();
    } catch (IllegalStateException | IllegalArgumentException e) {
      throw new InvalidVerificationException("The point is not on the curve.");
    }
  }

  private static void checkEd25519(Map<String, String> jwk) {
    byte[] little = new Base64URL(jwk.get("x")).decode();
    byte[] big = new byte[COORDINATE_BYTES];
    for (int i = 0; i < COORDINATE_BYTES; i++) {
      big[i] = little[COORDINATE_BYTES - 1 - i];
    }
    boolean odd = big[0] < 0;
    big[0] &= 0x7f;
    BigInteger y = new BigInteger(1, big);
    try {
      if (y.compareTo(ED25519_PRIME) >= 0) {
        throw new InvalidVerificationException("The point is not on the curve.");
      }
      if (ED25519_SMALL_ORDER.contains(y)) {
        throw new InvalidVerificationException("The point has a small order: anyone could sign.");
      }
      Signature.getInstance("Ed25519")
          .initVerify(
              KeyFactory.getInstance("Ed25519")
                  .generatePublic(
                      new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(odd, y))));
    } catch (GeneralSecurityException e) {
      throw new InvalidVerificationException("The point is not on the curve.");
    }
  }

  /// Strict: 32 bytes, unpadded, no other spelling of the same bytes.
  private static String coordinate(JsonNode jwk, String member) {
    String text = text(jwk, member);
    if (text != null) {
      try {
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        if (bytes.length == COORDINATE_BYTES
            && Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text)) {
          return text;
        }
      } catch (IllegalArgumentException e) {
        // refused below
      }
    }
    throw new InvalidVerificationException(
        member + " must be " + COORDINATE_BYTES + " bytes in unpadded base64url.");
  }

  private static @Nullable String text(JsonNode node, String member) {
    JsonNode value = node.path(member);
    return value.isString() ? value.asString() : null;
  }
}
