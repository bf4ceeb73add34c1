package io.plimsoll.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.plimsoll.service.TestTokens;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.function.Consumer;

/// A gateway's own calls, beside the customers' that [TestTokens] plays.
public final class TestGateway {

  private static final ECKey KEY = Secrets.newKey("gateway-itself");
  private static final String JWKS = publish();

  private TestGateway() {}

  /// Value for `plimsoll.internal.jwks`: our key and that of [TestTokens].
  static String jwks() {
    return JWKS;
  }

  /// What a gateway calls auth-service with.
  public static String token() {
    return token(Instant.now());
  }

  /// The same, made then.
  static String token(Instant now) {
    return token(
        "plimsoll-internal+jwt", claims -> claims.expirationTime(Date.from(now.plusSeconds(300))));
  }

  /// The same, spoilt.
  public static String token(String type, Consumer<JWTClaimsSet.Builder> spoil) {
    return token(KEY, type, spoil);
  }

  public static String token(ECKey key, String type, Consumer<JWTClaimsSet.Builder> spoil) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer("plimsoll-gateway")
            .audience("auth")
            .subject("gateway")
            .expirationTime(Date.from(Instant.now().plusSeconds(300)));
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

  private static String publish() {
    try {
      List<JWK> keys =
          new ArrayList<>(
              JWKSet.parse(Files.readString(Path.of(URI.create(TestTokens.jwks())))).getKeys());
      keys.add(KEY);
      return Secrets.file(new JWKSet(keys).toString(true));
    } catch (IOException | ParseException e) {
      throw new IllegalStateException(e);
    }
  }
}
