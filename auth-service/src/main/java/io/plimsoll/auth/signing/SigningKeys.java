package io.plimsoll.auth.signing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.UnusableSecretException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.stereotype.Component;

/// Signs what this service issues, ES256, with the first key of its set, and publishes the public
/// half of every key, so that tokens of the one that signed before and of the one that signs next
/// verify too. Thread-safe.
@Component
public final class SigningKeys {

  private static final String PROPERTY = "plimsoll.auth.signing-keys";
  private static final String NEED =
      "a JWK set (file:/path) of private EC P-256 keys, each with its own kid";

  private final JWSSigner signer;
  private final String kid;
  private final JWKSet published;

  SigningKeys(AuthProperties properties) {
    List<ECKey> keys = parse(read(properties.signingKeys()));
    ECKey first = keys.getFirst();
    this.kid = first.getKeyID();
    this.published = new JWKSet(keys.stream().map(SigningKeys::publicHalf).toList());
    try {
      this.signer = new ECDSASigner(first);
      if (!signed(JOSEObjectType.JWT, new JWTClaimsSet.Builder().build())
          .verify(new ECDSAVerifier(first.toPublicJWK()))) {
        throw unusable("has a first key whose halves don't match", null);
      }
    } catch (JOSEException e) {
      throw unusable("has a first key that can't sign", e);
    }
  }

  /// A compact JWS of these claims.
  ///
  /// @param type the header's `typ`, which keeps one kind of token from passing for another
  public String sign(JOSEObjectType type, JWTClaimsSet claims) {
    try {
      return signed(type, claims).serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException("the key that signed at start can't any more", e);
    }
  }

  /// The public set, as JSON.
  String publicSet() {
    return published.toString(true);
  }

  private SignedJWT signed(JOSEObjectType type, JWTClaimsSet claims) throws JOSEException {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).type(type).keyID(kid).build(), claims);
    jwt.sign(signer);
    return jwt;
  }

  private static JWK publicHalf(ECKey key) {
    return new ECKey.Builder(Curve.P_256, key.getX(), key.getY())
        .keyID(key.getKeyID())
        .keyUse(KeyUse.SIGNATURE)
        .algorithm(JWSAlgorithm.ES256)
        .build();
  }

  private static List<ECKey> parse(String json) {
    List<ECKey> keys = new ArrayList<>();
    Set<String> kids = new HashSet<>();
    try {
      for (JWK jwk : JWKSet.parse(json).getKeys()) {
        if (!(jwk instanceof ECKey key)
            || !Curve.P_256.equals(key.getCurve())
            || !key.isPrivate()
            || key.getKeyID() == null
            || !kids.add(key.getKeyID())) {
          throw unusable("has a key (kid " + jwk.getKeyID() + ") that does not fit", null);
        }
        keys.add(key);
      }
    } catch (ParseException e) {
      // the parser's message may quote what it read
      throw unusable("is no JWK set", null);
    }
    if (keys.isEmpty()) {
      throw unusable("has no key", null);
    }
    return keys;
  }

  private static String read(@Nullable Resource file) {
    if (file == null) {
      throw unusable("is not set", null);
    }
    try {
      return file.getContentAsString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw unusable("can't be read (" + file.getDescription() + ")", e);
    }
  }

  private static UnusableSecretException unusable(String fault, @Nullable Throwable cause) {
    return new UnusableSecretException(PROPERTY, fault, NEED, cause);
  }
}
