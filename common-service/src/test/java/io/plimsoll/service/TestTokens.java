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

  private static final ECKey KEY = newKey("test-gateway");
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

  /// Claims that `service` would accept, to be spoiled.
  static JWTClaimsSet.Builder claims(JWTClaimsSet.Builder claims, String service) {
    return claims
        .audience(service)
        .claim("tenant", "acme")
        .claim("scope", service + ":read")
        .claim("auth_exp", Instant.now().plusSeconds(60).getEpochSecond());
  }

  static String mint(Consumer<JWTClaimsSet.Builder> claims) {
    return mint(KEY, "plimsoll-internal+jwt", claims);
  }

  static String mint(ECKey key, String type, Consumer<JWTClaimsSet.Builder> claims) {
    JWTClaimsSet.Builder builder =
        new JWTClaimsSet.Builder()
            .issuer("plimsoll-gateway")
            .jwtID(UUID.randomUUID().toString())
            .claim("auth_ref", "test")
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

  static ECKey newKey(String kid) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(kid).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  static Path publish(ECKey... keys) {
    try {
      Path file = Files.createTempFile("jwks", ".json");
      file.toFile().deleteOnExit();
      return Files.writeString(file, new JWKSet(List.of(keys)).toString(true));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
