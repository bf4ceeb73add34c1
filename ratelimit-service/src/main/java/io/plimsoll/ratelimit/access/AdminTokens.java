package io.plimsoll.ratelimit.access;

import io.plimsoll.ratelimit.RatelimitProperties;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.stereotype.Component;

/// The operators' credential. It lives in the main context, so that a service without it does not
/// start. Only digests are kept.
@Component
final class AdminTokens {

  private static final int MIN_BYTES = 32;
  private static final int MAX_BYTES = 1024;

  /// Two are accepted, so that one can be replaced while the other still works.
  private static final int MAX_TOKENS = 2;

  private final List<byte[]> digests;

  AdminTokens(RatelimitProperties properties) {
    this.digests =
        read(properties.adminTokens())
            .lines()
            .filter(line -> !line.isEmpty())
            .map(AdminTokens::digest)
            .toList();
    if (digests.isEmpty() || digests.size() > MAX_TOKENS) {
      throw new UnusableTokensException("holds " + digests.size() + " tokens", null);
    }
  }

  /// Compares in constant time, with every token accepted now.
  boolean accept(String token) {
    byte[] digest = sha256(token);
    boolean known = false;
    for (byte[] accepted : digests) {
      known |= MessageDigest.isEqual(accepted, digest);
    }
    return known;
  }

  private static byte[] digest(String token) {
    if (token.length() < MIN_BYTES || token.length() > MAX_BYTES) {
      throw new UnusableTokensException("holds a token of " + token.length() + " bytes", null);
    }
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new UnusableTokensException(
          "holds a token with a blank or a character beyond ASCII", null);
    }
    return sha256(token);
  }

  private static String read(@Nullable Resource file) {
    if (file == null) {
      throw new UnusableTokensException("is not set", null);
    }
    try {
      return file.getContentAsString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UnusableTokensException("can't be read (" + file.getDescription() + ")", e);
    }
  }

  private static byte[] sha256(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
