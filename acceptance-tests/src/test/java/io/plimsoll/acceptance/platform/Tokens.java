package io.plimsoll.acceptance.platform;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Users' tokens, renewed long before they end; an old one is kept while none can be had.
public final class Tokens {

  private static final long RENEW_NANOS = 30L * 60 * 1_000_000_000;

  private final Api api;
  private final Map<String, Held> byUser = new ConcurrentHashMap<>();

  private record Held(String token, long since) {}

  public Tokens(Api api) {
    this.api = api;
  }

  public Supplier<String> of(String user) {
    return () -> byUser.compute(user, this::fresh).token();
  }

  private Held fresh(String user, @Nullable Held held) {
    long now = System.nanoTime();
    if (held != null && now - held.since() < RENEW_NANOS) {
      return held;
    }
    try {
      return new Held(api.token(user), now);
    } catch (AssertionError e) {
      if (held == null) {
        throw e;
      }
      return held;
    }
  }
}
