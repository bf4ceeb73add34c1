package io.plimsoll.auth.key;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/// A client secret in clear: on its way to the operator who made the key, or as a client presents
/// it. It has 256 bits of chance, so its plain SHA-256 is as good to keep as a slow hash, and a
/// token request costs no more than it must.
///
/// @param value what the client sends
record ClientSecret(String value) {

  /// Lets scanners of repositories and logs know what they found.
  private static final String PREFIX = "plimsoll_sk_";

  private static final SecureRandom RANDOM = new SecureRandom();

  static ClientSecret generate() {
    byte[] bits = new byte[32];
    RANDOM.nextBytes(bits);
    return new ClientSecret(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
  }

  byte[] sha256() {
    try {
      return MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// Records print their components; this one must not.
  @Override
  public String toString() {
    return "ClientSecret[…]";
  }
}
