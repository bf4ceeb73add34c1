package io.plimsoll.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.text.ParseException;

/// Reads tokens as their verifier does: by the published keys, ES256 and the expected `typ` alone.
public final class Verified {

  private Verified() {}

  public static JWTClaimsSet claims(TestAuth auth, String type, String token) {
    return claims(auth.keySet(), type, token);
  }

  static JWTClaimsSet claims(String keySet, String type, String token) {
    try {
      var processor = new DefaultJWTProcessor<SecurityContext>();
      processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType(type)));
      processor.setJWSKeySelector(
          new JWSVerificationKeySelector<>(
              JWSAlgorithm.ES256, new ImmutableJWKSet<>(JWKSet.parse(keySet))));
      return processor.process(SignedJWT.parse(token), null);
    } catch (ParseException | BadJOSEException | JOSEException e) {
      throw new AssertionError("not verifiable: " + token, e);
    }
  }
}
