package io.plimsoll.gateway;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Instant;
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
    return file(new JWKSet(INTERNAL).toString(false));
  }

  static String jwks(ECKey... keys) {
    return new JWKSet(List.of(keys)).toString(true);
  }

  static String file(String text) {
    try {
      Path file = Files.createTempFile("keys", ".json");
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

  static String encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
