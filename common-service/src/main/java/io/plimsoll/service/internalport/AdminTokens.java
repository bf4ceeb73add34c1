package io.plimsoll.service.internalport;

import io.plimsoll.service.UnusableSecretException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;

/// The operators' credential. Only digests are kept.
final class AdminTokens {

  private static final String PROPERTY = "plimsoll.internal-port.admin-tokens";
  private static final String NEED =
      "a file (file:/path) of one or two lines, each a token of at least 32 printable ASCII bytes";
  private static final int MIN_BYTES = 32;
  private static final int MAX_BYTES = 1024;

  /// Two are accepted, so that one can be replaced while the other still works.
  private static final int MAX_TOKENS = 2;

  /// Enough to tell operators' tokens apart; a guess at a token learns nothing from it.
  private static final int FINGERPRINT_BYTES = 8;

  private final List<byte[]> digests;

  AdminTokens(@Nullable Resource file) {
    this.digests =
        read(file).lines().filter(line -> !line.isEmpty()).map(AdminTokens::digest).toList();
    if (digests.isEmpty() || digests.size() > MAX_TOKENS) {
      throw unusable("holds " + digests.size() + " tokens", null);
    }
  }

  /// Compares in constant time, with every token accepted now.
  ///
  /// @return the token's fingerprint if it is one of them, else null
  @Nullable String fingerprint(String token) {
    byte[] digest = sha256(token);
    boolean known = false;
    for (byte[] accepted : digests) {
      known |= MessageDigest.isEqual(accepted, digest);
    }
    return known ? HexFormat.of().formatHex(digest, 0, FINGERPRINT_BYTES) : null;
  }

  private static byte[] digest(String token) {
    if (token.length() < MIN_BYTES || token.length() > MAX_BYTES) {
      throw unusable("holds a token of " + token.length() + " bytes", null);
    }
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw unusable("holds a token with a blank or a character beyond ASCII", null);
    }
    return sha256(token);
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

  private static byte[] sha256(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
