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
import io.plimsoll.auth.Reloaded;
import io.plimsoll.service.UnusableSecretException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/// Signs what this service issues, ES256, with the first key of its set, and publishes the public
/// half of every key, so that tokens of the one that signed before and of the one that signs next
/// verify too. The set is read again while the service runs. Thread-safe.
@Component
public final class SigningKeys {

  private static final String PROPERTY = "plimsoll.auth.signing-keys";
  private static final String NEED =
      "a JWK set (file:/path) of private EC P-256 keys, each with its own kid";

  /// @param published public halves, in the order of the file
  private record Keys(JWSSigner signer, String kid, JWKSet published) {}

  private final Reloaded<Keys> keys;

  SigningKeys(AuthProperties properties) {
    this.keys = new Reloaded<>(PROPERTY, NEED, properties.signingKeys(), SigningKeys::keys);
  }

  /// At a rate: what has a delay waits in one line, behind a purge of much.
  @Scheduled(
      fixedRateString = "${plimsoll.auth.reload:10s}",
      initialDelayString = "${plimsoll.auth.reload:10s}")
  void reload() {
    keys.reload();
  }

  /// A compact JWS of these claims.
  ///
  /// @param type the header's `typ`, which keeps one kind of token from passing for another
  public String sign(JOSEObjectType type, JWTClaimsSet claims) {
    try {
      return signed(keys.get(), type, claims).serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException("the key that signed before can't any more", e);
    }
  }

  /// The public half of the key with this `kid`, which signs, did sign or will sign.
  public @Nullable ECKey publicKey(String kid) {
    return (ECKey) keys.get().published().getKeyByKeyId(kid);
  }

  /// The public set, as JSON.
  String publicSet() {
    return keys.get().published().toString(true);
  }

  private static Keys keys(String json) {
    List<ECKey> parsed = parse(json);
    ECKey first = parsed.getFirst();
    try {
      Keys made =
          new Keys(
              new ECDSASigner(first),
              first.getKeyID(),
              new JWKSet(parsed.stream().map(SigningKeys::publicHalf).toList()));
      if (!signed(made, JOSEObjectType.JWT, new JWTClaimsSet.Builder().build())
          .verify(new ECDSAVerifier(first.toPublicJWK()))) {
        throw unusable("has a first key whose halves don't match", null);
      }
      return made;
    } catch (JOSEException e) {
      throw unusable("has a first key that can't sign", e);
    }
  }

  private static SignedJWT signed(Keys keys, JOSEObjectType type, JWTClaimsSet claims)
      throws JOSEException {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).type(type).keyID(keys.kid()).build(), claims);
    jwt.sign(keys.signer());
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

  private static UnusableSecretException unusable(String fault, @Nullable Throwable cause) {
    return new UnusableSecretException(PROPERTY, fault, NEED, cause);
  }
}
