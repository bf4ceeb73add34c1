package io.plimsoll.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// A tenant's backend that signs its users' tokens itself, rightly or wrongly.
public final class TestSigner {

  private static final JsonMapper JSON = new JsonMapper();

  /// Signs `header.payload`.
  public interface Key {
    byte[] sign(byte[] signed) throws GeneralSecurityException, JOSEException;
  }

  private final String keyId;
  private final String algorithm;
  private final Key key;
  private final String jwk;

  private TestSigner(String keyId, String algorithm, Key key, String jwk) {
    this.keyId = keyId;
    this.algorithm = algorithm;
    this.key = key;
    this.jwk = jwk;
  }

  public static TestSigner es256(String keyId) {
    ECKey pair = Secrets.newKey("any");
    return new TestSigner(
        keyId,
        "ES256",
        signed -> {
          Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
          signature.initSign(pair.toECPrivateKey());
          signature.update(signed);
          return signature.sign();
        },
        pair.toPublicJWK().toJSONString());
  }

  public static TestSigner ed25519(String keyId) {
    try {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      byte[] encoded = ((EdECPublicKey) pair.getPublic()).getEncoded();
      byte[] x = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
      return new TestSigner(
          keyId,
          "EdDSA",
          signed -> {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(signed);
            return signature.sign();
          },
          new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(x)).build().toJSONString());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// With a shared secret.
  ///
  /// @param secret as auth-service showed it
  public static TestSigner hs256(String keyId, String secret) {
    byte[] bytes = Base64.getUrlDecoder().decode(secret);
    return new TestSigner(
        keyId,
        "HS256",
        signed -> {
          Mac mac = Mac.getInstance("HmacSHA256");
          mac.init(new SecretKeySpec(bytes, "HmacSHA256"));
          return mac.doFinal(signed);
        },
        "");
  }

  /// The same key, named by another id.
  public TestSigner as(String otherKeyId) {
    return new TestSigner(otherKeyId, algorithm, key, jwk);
  }

  /// The public JWK.
  public String jwk() {
    return jwk;
  }

  public Map<String, @Nullable Object> header() {
    Map<String, @Nullable Object> header = new LinkedHashMap<>();
    header.put("alg", algorithm);
    header.put("kid", keyId);
    return header;
  }

  /// Of user anna, from now, for ten minutes.
  public Map<String, @Nullable Object> claims() {
    long now = Instant.now().getEpochSecond();
    Map<String, @Nullable Object> claims = new LinkedHashMap<>();
    claims.put("iss", keyId);
    claims.put("aud", "plimsoll");
    claims.put("sub", "anna");
    claims.put("iat", now);
    claims.put("exp", now + 600);
    return claims;
  }

  public String token() {
    return token(header(), claims());
  }

  /// With one claim set, or left out when null.
  public String with(String claim, @Nullable Object value) {
    return token(header(), put(claims(), claim, value));
  }

  /// With one member of the header set, or left out when null.
  public String withHeader(String member, @Nullable Object value) {
    return token(put(header(), member, value), claims());
  }

  private static Map<String, @Nullable Object> put(
      Map<String, @Nullable Object> object, String member, @Nullable Object value) {
    if (value == null) {
      object.remove(member);
    } else {
      object.put(member, value);
    }
    return object;
  }

  public String token(Map<String, @Nullable Object> header, Map<String, @Nullable Object> claims) {
    return sign(JSON.writeValueAsString(header), JSON.writeValueAsString(claims));
  }

  /// Of any two texts.
  public String sign(String header, String claims) {
    String signed = encode(header) + "." + encode(claims);
    try {
      byte[] signature = key.sign(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    } catch (GeneralSecurityException | JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encode(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /// The other valid signature of an ES256 token.
  public static String twin(String token) {
    int dot = token.lastIndexOf('.');
    byte[] signature = Base64.getUrlDecoder().decode(token.substring(dot + 1));
    BigInteger order = Curve.P_256.toECParameterSpec().getOrder();
    BigInteger s = order.subtract(new BigInteger(1, Arrays.copyOfRange(signature, 32, 64)));
    byte[] twin = Arrays.copyOf(signature, 64);
    byte[] bytes = s.toByteArray();
    Arrays.fill(twin, 32, 64, (byte) 0);
    int length = Math.min(bytes.length, 32);
    System.arraycopy(bytes, bytes.length - length, twin, 64 - length, length);
    return token.substring(0, dot + 1)
        + Base64.getUrlEncoder().withoutPadding().encodeToString(twin);
  }
}
