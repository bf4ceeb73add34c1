package io.plimsoll.ratelimit;

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
import java.time.Instant;
import java.util.Date;
import java.util.UUID;
import java.util.function.Consumer;

/// Plays a gateway that calls for itself: tokens without a tenant, signed with a key of this
/// process.
public final class TestGateways {

  private static final ECKey KEY = newKey("test-gateway");
  private static final String JWKS = file(new JWKSet(KEY.toPublicJWK()).toString(true));

  private TestGateways() {}

  /// Value for `plimsoll.internal.jwks`.
  public static String jwks() {
    return JWKS;
  }

  public static String token() {
    return token(_ -> {});
  }

  /// One that is spoiled before it is signed.
  public static String token(Consumer<JWTClaimsSet.Builder> spoil) {
    return token(KEY, "plimsoll-internal+jwt", spoil);
  }

  public static String token(ECKey key, String type, Consumer<JWTClaimsSet.Builder> spoil) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer("plimsoll-gateway")
            .audience("ratelimit")
            .subject("gateway")
            .jwtID(UUID.randomUUID().toString())
            .expirationTime(Date.from(Instant.now().plusSeconds(240)));
    spoil.accept(claims);
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(new JOSEObjectType(type))
                .keyID(key.getKeyID())
                .build(),
            claims.build());
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

  static String file(String content) {
    try {
      Path file = Files.createTempFile("ratelimit", "");
      file.toFile().deleteOnExit();
      return Files.writeString(file, content).toUri().toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
