package io.plimsoll.ratelimit;

import io.plimsoll.service.TestTokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Plays a gateway that calls for itself.
public final class TestGateways {

  private TestGateways() {}

  /// What a gateway calls this service with, for some minutes.
  public static String token() {
    return TestTokens.gateway("ratelimit");
  }

  static String file(String content) {
    try {
      Path file = Files.createTempFile("ratelimit", "");
      file.toFile().deleteOnExit();
      return Files.writeString(file, content).toUri().toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
