package io.plimsoll.acceptance.platform;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Users' tokens, renewed long before they end; an old one is kept while none can be had.
public final class Tokens {

  private static final long RENEW_NANOS = Duration.ofMinutes(30).toNanos();

  /// Those who share a token wait for its renewal: not again and again while auth-service is away.
  private static final long AGAIN_NANOS = Duration.ofSeconds(30).toNanos();

  private final Api api;
  private final Map<String, Held> byUser = new ConcurrentHashMap<>();

  private record Held(String token, long renewAt) {}

  public Tokens(Api api) {
    this.api = api;
  }

  public Supplier<String> of(String user) {
    return () -> byUser.compute(user, this::fresh).token();
  }

  private Held fresh(String user, @Nullable Held held) {
    long now = System.nanoTime();
    if (held != null && now - held.renewAt() < 0) {
      return held;
    }
    try {
      return new Held(api.token(user), now + RENEW_NANOS);
    } catch (AssertionError e) {
      if (held == null) {
        throw e;
      }
      return new Held(held.token(), System.nanoTime() + AGAIN_NANOS);
    }
  }
}
