package io.plimsoll.benchmarks;

import io.plimsoll.benchmarks.Appends.How;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/// Appends at an even rate, to topic after topic, until told to stop. If it cannot follow it does
/// not catch up by more than 100 ms, so that a pause is not answered by a flood.
@Component
class Pacer {

  private final Appends appends;
  private @Nullable Thread thread;
  private volatile boolean stopped;
  private volatile @Nullable Throwable failure;

  Pacer(Appends appends) {
    this.appends = appends;
  }

  synchronized void start(int topics, double rate, Duration time) {
    stop();
    stopped = false;
    failure = null;
    thread = Thread.ofPlatform().daemon().name("pacer").start(() -> run(topics, rate, time));
  }

  synchronized void stop() {
    stopped = true;
    if (thread != null) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      thread = null;
    }
    if (failure != null) {
      throw new IllegalStateException("an append failed while events were paced", failure);
    }
  }

  private void run(int topics, double rate, Duration time) {
    How how = appends.usual();
    long interval = (long) (TimeUnit.SECONDS.toNanos(1) / rate);
    long start = System.nanoTime();
    long due = 0;
    int topic = 0;
    try {
      for (long number = 1; !stopped && due < time.toNanos(); number++) {
        long now = System.nanoTime() - start;
        if (now < due) {
          LockSupport.parkNanos(due - now);
        }
        due = Math.max(due + interval, now - TimeUnit.MILLISECONDS.toNanos(100));
        var _ = appends.append(Appends.topic(topic), Appends.event(number), how);
        topic = topic + 1 < topics ? topic + 1 : 0;
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }
}
