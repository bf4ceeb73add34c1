package io.plimsoll.gateway;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;

/// Plays auth-service's signer, and holds the gateways' own key.
final class TestKeys {

  static final String ISSUER = "http://gateway.test/auth";
  static final ECKey AUTH = newKey("auth-1");
  static final ECKey INTERNAL = newKey("internal-1");

  private static final JsonMapper JSON = new JsonMapper();

  private TestKeys() {}

  static ECKey newKey(String kid) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(kid).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A private set in a file, as the gateway reads it.
  static String internalFile() {
    return file("internal keys", new JWKSet(INTERNAL).toString(false));
  }

  static String jwks(ECKey... keys) {
    return new JWKSet(List.of(keys)).toString(true);
  }

  static String file(String text) {
    return file("keys", text);
  }

  private static String file(String name, String text) {
    try {
      Path file = Files.createTempFile(name, ".json");
      file.toFile().deleteOnExit();
      return Files.writeString(file, text).toUri().toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Map<String, Object> header(String typ) {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("alg", "ES256");
    header.put("typ", typ);
    header.put("kid", AUTH.getKeyID());
    return header;
  }

  static Map<String, Object> claims() {
    long now = Instant.now().getEpochSecond();
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", ISSUER);
    claims.put("aud", "plimsoll");
    claims.put("iat", now);
    claims.put("exp", now + 3600);
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("client_id", "key-1");
    claims.put("tenant", "acme");
    claims.put("sub", "anna");
    claims.put("scope", "chat:read chat:write");
    claims.put("plimsoll_actor", "user");
    return claims;
  }

  /// Header of a token that a tenant's backend signs with the key `id`.
  static Map<String, Object> tenantHeader(String algorithm, String id) {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("alg", algorithm);
    header.put("typ", "JWT");
    header.put("kid", id);
    return header;
  }

  static Map<String, Object> tenantClaims(String id) {
    long now = Instant.now().getEpochSecond();
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", id);
    claims.put("aud", "plimsoll");
    claims.put("sub", "anna");
    claims.put("iat", now);
    claims.put("exp", now + 3600);
    claims.put("jti", UUID.randomUUID().toString());
    return claims;
  }

  /// A token of a tenant's backend, whose key's id is the JWK's.
  static String tenantToken(ECKey key, Consumer<Map<String, Object>> spoil) {
    Map<String, Object> claims = tenantClaims(key.getKeyID());
    spoil.accept(claims);
    return sign(key, json(tenantHeader("ES256", key.getKeyID())), json(claims));
  }

  /// The verification member of a key's JSON.
  static Map<String, Object> verification(ECKey key) {
    return Map.of("jwk", key.toPublicJWK().toJSONObject());
  }

  /// Its name, as revocations know it.
  static String ref(String kid, String token) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  token.substring(0, token.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII));
      return kid + "." + encode(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static String token() {
    return token(_ -> {});
  }

  static String token(Consumer<Map<String, Object>> spoil) {
    Map<String, Object> claims = claims();
    spoil.accept(claims);
    return sign(AUTH, json(header("at+jwt")), json(claims));
  }

  static String ticket(String path, Consumer<Map<String, Object>> spoil) {
    Map<String, Object> claims = claims();
    claims.put("path", path);
    claims.put("auth_ref", "auth-1.xyz");
    claims.put("auth_exp", claims.get("exp"));
    spoil.accept(claims);
    return sign(AUTH, json(header("plimsoll-ticket+jwt")), json(claims));
  }

  static String json(Object value) {
    return JSON.writeValueAsString(value);
  }

  static String sign(ECKey key, String header, String claims) {
    String signed = encode(header) + "." + encode(claims);
    return signed + "." + signature(key, signed);
  }

  static String signature(ECKey key, String signed) {
    try {
      Signature es256 = Signature.getInstance("SHA256withECDSAinP1363Format");
      es256.initSign(key.toECPrivateKey());
      es256.update(signed.getBytes(StandardCharsets.US_ASCII));
      return encode(es256.sign());
    } catch (GeneralSecurityException | JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The same token with the other valid signature, (r, n-s).
  static String twin(String token) {
    String[] parts = token.split("\\.", -1);
    byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
    BigInteger n = Curve.P_256.toECParameterSpec().getOrder();
    System.arraycopy(bytes(n.subtract(s)), 0, signature, 32, 32);
    return parts[0] + "." + parts[1] + "." + encode(signature);
  }

  /// The order of the curve, 32 bytes.
  static byte[] order() {
    return bytes(Curve.P_256.toECParameterSpec().getOrder());
  }

  private static byte[] bytes(BigInteger number) {
    byte[] signed = number.toByteArray();
    byte[] bytes = new byte[32];
    int from = Math.max(0, signed.length - 32);
    System.arraycopy(signed, from, bytes, 32 - (signed.length - from), signed.length - from);
    return bytes;
  }

  static String encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
