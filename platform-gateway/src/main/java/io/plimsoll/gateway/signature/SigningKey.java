package io.plimsoll.gateway.signature;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;

/// A private key of ES256.
public final class SigningKey {

  private final Cryptography by;
  private final PrivateKey key;

  public SigningKey(ECKey jwk) throws JOSEException, GeneralSecurityException {
    this(jwk, Cryptography.BEST);
  }

  SigningKey(ECKey jwk, Cryptography by) throws JOSEException, GeneralSecurityException {
    this.by = by;
    key =
        by.prepared((PrivateKey) jwk.toECPrivateKey(), "EC", Cryptography.ES256, PrivateKey.class);
  }

  /// The signature of a part of the bytes, 64 bytes.
  public byte[] sign(byte[] bytes, int from, int length) throws GeneralSecurityException {
    Signature es256 = by.signature(Cryptography.ES256);
    es256.initSign(key);
    es256.update(bytes, from, length);
    return es256.sign();
  }
}
