package io.plimsoll.gateway.signature;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// What a token's signature is checked with: a key that has one algorithm and no other.
public sealed interface VerificationKey {

  /// The only one that its tokens may name.
  Algorithm algorithm();

  /// Its SHA-256 thumbprint ([RFC 7638](https://www.rfc-editor.org/rfc/rfc7638)), by which a ticket
  /// names it. A shared secret has one too: of its 256 random bits it gives nothing away.
  String thumbprint();

  /// Whether the signature is this key's, over these bytes.
  boolean verifies(byte[] signed, byte[] signature);

  /// A public key: EC on P-256 or Ed25519.
  ///
  /// @throws InvalidKeyException for any other, for a private one, and for a point off the curve
  static VerificationKey of(JWK jwk) throws InvalidKeyException {
    return Public.of(jwk, Cryptography.BEST);
  }

  /// A shared secret of HS256.
  static VerificationKey of(byte[] secret) {
    try {
      return new Shared(
          new SecretKeySpec(secret, "HmacSHA256"),
          new OctetSequenceKey.Builder(secret).build().computeThumbprint().toString());
    } catch (JOSEException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// A public key.
  ///
  /// @param name of the algorithm, as the JDK has it
  /// @param by who checks
  record Public(Algorithm algorithm, String name, PublicKey key, String thumbprint, Cryptography by)
      implements VerificationKey {

    static Public of(JWK jwk, Cryptography by) throws InvalidKeyException {
      try {
        if (jwk instanceof ECKey ec && Curve.P_256.equals(ec.getCurve()) && !ec.isPrivate()) {
          return new Public(
              Algorithm.ES256,
              Cryptography.ES256,
              by.prepared(
                  (PublicKey) ec.toECPublicKey(), "EC", Cryptography.ES256, PublicKey.class),
              jwk.computeThumbprint().toString(),
              by);
        }
        if (jwk instanceof OctetKeyPair okp
            && Curve.Ed25519.equals(okp.getCurve())
            && !okp.isPrivate()) {
          return new Public(
              Algorithm.EDDSA,
              Cryptography.ED25519,
              by.prepared(
                  ed25519(okp.getDecodedX()), "EdDSA", Cryptography.ED25519, PublicKey.class),
              jwk.computeThumbprint().toString(),
              by);
        }
      } catch (JOSEException | GeneralSecurityException e) {
        throw new InvalidKeyException("The JWK can't be used: " + e.getMessage(), e);
      }
      throw new InvalidKeyException("The JWK is neither a public key on P-256 nor one of Ed25519.");
    }

    /// RFC 8410: the 32 bytes behind a fixed head.
    private static PublicKey ed25519(byte[] x) throws GeneralSecurityException {
      if (x.length != 32) {
        throw new InvalidKeyException("An Ed25519 key has 32 bytes.");
      }
      byte[] encoded = HexFormat.of().parseHex("302a300506032b6570032100" + "00".repeat(32));
      System.arraycopy(x, 0, encoded, encoded.length - 32, 32);
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    }

    /// Providers refuse r or s of zero and of the curve's order or more.
    @Override
    public boolean verifies(byte[] signed, byte[] signature) {
      try {
        Signature check = by.signature(name);
        check.initVerify(key);
        check.update(signed);
        return check.verify(signature);
      } catch (GeneralSecurityException e) {
        return false;
      }
    }
  }

  /// A secret that the tenant shares.
  record Shared(SecretKeySpec secret, String thumbprint) implements VerificationKey {

    @Override
    public Algorithm algorithm() {
      return Algorithm.HS256;
    }

    @Override
    public boolean verifies(byte[] signed, byte[] signature) {
      try {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(secret);
        return MessageDigest.isEqual(mac.doFinal(signed), signature);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has HmacSHA256", e);
      }
    }

    /// Records print their components; this one must not.
    @Override
    public String toString() {
      return "Shared[…]";
    }
  }
}
