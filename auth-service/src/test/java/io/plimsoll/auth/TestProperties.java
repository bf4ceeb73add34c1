package io.plimsoll.auth;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;

/// Configuration for tests without a service.
public final class TestProperties {

  private TestProperties() {}

  public static AuthProperties of(@Nullable Resource signingKeys, @Nullable Resource wrappingKeys) {
    return new AuthProperties(
        URI.create("http://platform.test"),
        signingKeys,
        Duration.ofHours(1),
        Duration.ofHours(1),
        100,
        wrappingKeys,
        Duration.ofSeconds(10),
        Duration.ofMinutes(10),
        100_000,
        32,
        Duration.ofDays(400),
        Duration.ofDays(35),
        Duration.ofDays(800),
        Duration.ofDays(7));
  }
}
