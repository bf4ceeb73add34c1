package io.plimsoll.gateway.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import io.plimsoll.gateway.signature.SigningKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import org.springframework.core.io.Resource;

/// The gateways' own keys: one signs internal tokens, all are published for the services.
final class InternalKeys {

  private final String kid;
  private final SigningKey signing;
  private final String published;

  InternalKeys(Resource file) {
    JWKSet set = read(file);
    if (set.isEmpty()) {
      throw new IllegalStateException(file + " holds no key");
    }
    for (JWK key : set.getKeys()) {
      if (!(key instanceof ECKey ec)
          || !Curve.P_256.equals(ec.getCurve())
          || !key.isPrivate()
          || key.getKeyID() == null) {
        throw new IllegalStateException(
            file + " must hold private EC keys on P-256, each with a kid");
      }
    }
    ECKey first = (ECKey) set.getKeys().getFirst();
    try {
      this.kid = first.getKeyID();
      this.signing = new SigningKey(first);
    } catch (JOSEException | GeneralSecurityException e) {
      throw new IllegalStateException(file + " holds an unusable key", e);
    }
    this.published = set.toString(true);
  }

  private static JWKSet read(Resource file) {
    try {
      return JWKSet.parse(file.getContentAsString(StandardCharsets.UTF_8));
    } catch (IOException | ParseException | IllegalArgumentException e) {
      // the file's text must not reach a log
      throw new IllegalStateException(
          "plimsoll.gateway.internal-keys: no JWK set can be read from "
              + file
              + " ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  String kid() {
    return kid;
  }

  SigningKey signing() {
    return signing;
  }

  /// The public set, as JSON.
  String published() {
    return published;
  }
}
