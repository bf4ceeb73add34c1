package io.plimsoll.subscriptions.retention;

import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.EventLog.Extent;
import io.plimsoll.subscriptions.retention.RetentionSettings.Keep;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes what need not be kept; see the package documentation.
public final class Retention implements AutoCloseable {

  /// Topics looked at by one statement: each costs a probe of two indexes.
  private static final int TOPICS_AT_ONCE = 1_000;

  private static final Logger logger = LoggerFactory.getLogger(Retention.class);

  private final EventLog log;
  private final RetentionSettings settings;
  private final Clock clock;
  private final LongAdder sweeps = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private final LongAdder trimmed = new LongAdder();
  private final LongAdder purged = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private boolean failing;
  private volatile boolean closed;
  private volatile @Nullable Thread thread;

  public Retention(EventLog log, RetentionSettings settings, Clock clock) {
    this.log = log;
    this.settings = settings;
    this.clock = clock;
  }

  public void start() {
    if (settings.enabled()) {
      thread = Thread.ofVirtual().name("retention").start(this::run);
    }
  }

  private void run() {
    try {
      // nodes started together sweep apart
      Thread.sleep(
          Duration.ofMillis(
              ThreadLocalRandom.current().nextLong(settings.interval().toMillis() + 1)));
      while (!closed) {
        attempt();
        Thread.sleep(settings.interval().multipliedBy(90 + spread()).dividedBy(100));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int spread() {
    return ThreadLocalRandom.current().nextInt(21);
  }

  private void attempt() throws InterruptedException {
    try {
      sweep();
      if (failing) {
        failing = false;
        logger.info("Retention goes on");
      }
    } catch (RuntimeException e) {
      failures.increment();
      if (!failing && !closed) {
        failing = true;
        logger.warn("Retention failed, it is tried again: {}", e.getMessage());
      }
    }
  }

  /// Goes through all topics once.
  void sweep() throws InterruptedException {
    long start = System.nanoTime();
    Instant now = clock.instant();
    long after = 0;
    List<Extent> topics;
    do {
      topics = log.extents(after, TOPICS_AT_ONCE);
      for (Extent topic : topics) {
        trim(topic, now);
        after = topic.topicId();
      }
    } while (topics.size() == TOPICS_AT_ONCE && !closed);
    purge();
    sweeps.increment();
    nanos.add(System.nanoTime() - start);
  }

  private void trim(Extent topic, Instant now) throws InterruptedException {
    Keep keep = settings.of(topic.kind());
    long byCount = keep.byCount() ? topic.head() - keep.maxEvents() + 1 : 0;
    Instant before = keep.byAge() ? now.minus(keep.maxAge()) : Instant.MIN;
    boolean tooOld = topic.oldest() != null && topic.oldest().isBefore(before);
    if (!tooOld && byCount <= topic.floor()) {
      return;
    }
    int removed;
    do {
      OptionalLong last =
          tooOld ? log.lastBefore(topic.topicId(), before, settings.batch()) : OptionalLong.empty();
      long floor = Math.max(byCount, last.orElse(0) + 1);
      removed = log.trim(topic.topicId(), floor, settings.batch());
      trimmed.add(removed);
      pause(removed);
    } while (removed > 0 && !closed);
  }

  private void purge() throws InterruptedException {
    int removed;
    do {
      removed = log.purge(settings.deleted(), settings.batch());
      purged.add(removed);
      pause(removed);
    } while (removed > 0 && !closed);
  }

  private void pause(int removed) throws InterruptedException {
    if (removed > 0) {
      Thread.sleep(settings.pause());
    }
  }

  /// Sweeps that went through.
  public long sweeps() {
    return sweeps.sum();
  }

  /// Nanoseconds that they took.
  public long nanos() {
    return nanos.sum();
  }

  /// Events removed from topics that stay.
  public long trimmed() {
    return trimmed.sum();
  }

  /// Rows removed of topics that were deleted.
  public long purged() {
    return purged.sum();
  }

  /// Sweeps that failed.
  public long failures() {
    return failures.sum();
  }

  @Override
  public void close() {
    closed = true;
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
  }
}
