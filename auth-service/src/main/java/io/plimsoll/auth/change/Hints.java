package io.plimsoll.auth.change;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/// Tells the gateways by Redis that there is a new number. Best effort, and never waited for: they
/// ask anyway. Only the newest number matters, so while one is on its way the others merge.
@Component
final class Hints implements DisposableBean {

  static final String CHANNEL = "plimsoll:auth:changes";

  private static final Logger log = LoggerFactory.getLogger(Hints.class);

  private final StringRedisTemplate redis;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("change-hints").factory());
  private final AtomicLong newest = new AtomicLong();
  private long announced;
  private boolean away;

  Hints(StringRedisTemplate redis) {
    this.redis = redis;
  }

  void announce(long number) {
    newest.accumulateAndGet(number, Math::max);
    try {
      thread.execute(this::publish);
    } catch (RejectedExecutionException _) {
      // the service is ending; who made the change has committed it, and must not see this
    }
  }

  private void publish() {
    long number = newest.get();
    if (number == announced) {
      return;
    }
    announced = number;
    try {
      redis.convertAndSend(CHANNEL, String.valueOf(number));
      if (away) {
        log.info("Redis is back; changes are announced again");
        away = false;
      }
    } catch (RuntimeException e) {
      if (!away) {
        log.warn("Redis is away; gateways learn of changes when they ask: {}", e.toString());
        away = true;
      }
    }
  }

  @Override
  public void destroy() {
    thread.shutdownNow();
  }
}
