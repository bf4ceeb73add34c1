package io.plimsoll.gateway.signature;

import org.jspecify.annotations.Nullable;

/// The algorithms of RFC 7518 and RFC 8037 that customers' tokens may be signed with. Which of them
/// is right for a token says its key, never the token.
public enum Algorithm {
  ES256("ES256", 64),
  EDDSA("EdDSA", 64),
  HS256("HS256", 32);

  private final String jose;
  private final int signatureLength;

  Algorithm(String jose, int signatureLength) {
    this.jose = jose;
    this.signatureLength = signatureLength;
  }

  /// The algorithm of that `alg`; null for any other, `none` among them.
  public static @Nullable Algorithm of(@Nullable Object alg) {
    for (Algorithm algorithm : values()) {
      if (algorithm.jose.equals(alg)) {
        return algorithm;
      }
    }
    return null;
  }

  /// As in `alg`.
  public String jose() {
    return jose;
  }

  /// Bytes of every signature.
  public int signatureLength() {
    return signatureLength;
  }
}
