package io.plimsoll.subscriptions.append;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.plimsoll.subscriptions.Topic;
import java.time.Duration;

/// How many ephemeral events each sender may still send to each topic: token buckets, in memory and
/// per node. One that was not used for as long as it takes to fill up is forgotten.
final class Allowances {

  private static final int MOST = 100_000;

  private final long nanosPerToken;
  private final long full;
  private final Ticker ticker;
  private final Cache<Sender, Bucket> buckets;

  Allowances(int perSecond, int burst, Ticker ticker) {
    this.nanosPerToken = Duration.ofSeconds(1).toNanos() / perSecond;
    this.full = burst * nanosPerToken;
    this.ticker = ticker;
    this.buckets =
        Caffeine.newBuilder()
            .maximumSize(MOST)
            .expireAfterAccess(Duration.ofNanos(full))
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
  }

  /// Takes one event from the sender's allowance; false if none is left.
  boolean take(Topic topic, String sender) {
    return buckets.get(new Sender(topic, sender), _ -> new Bucket(ticker.read(), full)).take();
  }

  private record Sender(Topic topic, String sender) {}

  /// Counts in nanoseconds, of which a token costs a fixed number, so nothing is ever rounded.
  private final class Bucket {

    private long at;
    private long level;

    Bucket(long at, long level) {
      this.at = at;
      this.level = level;
    }

    synchronized boolean take() {
      long now = ticker.read();
      level = Math.min(full, level + Math.max(0, now - at));
      at = now;
      if (level < nanosPerToken) {
        return false;
      }
      level -= nanosPerToken;
      return true;
    }
  }
}
