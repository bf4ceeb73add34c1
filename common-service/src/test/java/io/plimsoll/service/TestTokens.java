package io.plimsoll.service;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Plays the gateway in a service's tests: internal tokens, signed with a key of this process.
///
/// ```java
/// @DynamicPropertySource
/// static void keys(DynamicPropertyRegistry registry) {
///   registry.add("plimsoll.internal.jwks", TestTokens::jwks);
/// }
/// ...
/// client.get().uri("/chat/v1/rooms")
///     .headers(h -> h.setBearerAuth(TestTokens.user("chat", "acme", "anna", "chat:read")))
/// ```
public final class TestTokens {

  public static final ECKey KEY = newKey("test-gateway");
  private static final Path JWKS = publish(KEY);

  private TestTokens() {}

  /// Value for `plimsoll.internal.jwks` (a `file:` URL).
  public static String jwks() {
    return JWKS.toUri().toString();
  }

  /// A token of a user, good for five minutes and with its authentication ending in an hour.
  ///
  /// @param service the audience: `plimsoll.service.name` of the service under test
  public static String user(String service, String tenant, String user, String... scopes) {
    return mint(service, tenant, user, Instant.now().plus(Duration.ofHours(1)), scopes);
  }

  /// A token of the tenant's own backend, which names no user.
  public static String tenant(String service, String tenant, String... scopes) {
    return mint(service, tenant, null, Instant.now().plus(Duration.ofHours(1)), scopes);
  }

  /// A token with its authentication ending when you say.
  public static String mint(
      String service, String tenant, @Nullable String user, Instant authExpiry, String... scopes) {
    return mint(
        claims ->
            claims
                .audience(service)
                .claim("tenant", tenant)
                .subject(user)
                .claim("scope", String.join(" ", scopes))
                .claim("auth_exp", authExpiry.getEpochSecond()));
  }

  /// A gateway's own token for a call of its own, good for five minutes.
  ///
  /// @param service the audience
  public static String gateway(String service) {
    return gateway(service, _ -> {});
  }

  /// The same, spoiled before it is signed.
  public static String gateway(String service, Consumer<JWTClaimsSet.Builder> spoil) {
    return mint(
        claims -> {
          claims
              .audience(service)
              .subject("gateway")
              .claim("auth_ref", null)
              .claim("auth_iat", null);
          spoil.accept(claims);
        });
  }

  /// Claims that `service` would accept, to be spoiled.
  static JWTClaimsSet.Builder claims(JWTClaimsSet.Builder claims, String service) {
    return claims
        .audience(service)
        .claim("tenant", "acme")
        .claim("scope", service + ":read")
        .claim("auth_exp", Instant.now().plusSeconds(60).getEpochSecond());
  }

  /// A token with these claims beside `iss`, `jti`, `exp`, `auth_ref` and `auth_iat`.
  public static String mint(Consumer<JWTClaimsSet.Builder> claims) {
    return mint(KEY, "plimsoll-internal+jwt", claims);
  }

  public static String mint(ECKey key, String type, Consumer<JWTClaimsSet.Builder> claims) {
    JWTClaimsSet.Builder builder =
        new JWTClaimsSet.Builder()
            .issuer("plimsoll-gateway")
            .jwtID(UUID.randomUUID().toString())
            .claim("auth_ref", "test")
            .claim("auth_iat", Instant.now().getEpochSecond())
            .expirationTime(Date.from(Instant.now().plus(Duration.ofMinutes(5))));
    claims.accept(builder);
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(new JOSEObjectType(type))
                .keyID(key.getKeyID())
                .build(),
            builder.build());
    try {
      jwt.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
    return jwt.serialize();
  }

  public static ECKey newKey(String kid) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(kid).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  static Path publish(ECKey... keys) {
    try {
      Path file = Files.createTempFile("key set", ".json");
      file.toFile().deleteOnExit();
      return Files.writeString(file, new JWKSet(List.of(keys)).toString(true));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
