package io.plimsoll.acceptance.traffic;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/// A reader's or producer's pauses, cut short when it is told to hurry or to stop.
final class Pauses {

  private final CountDownLatch hurry = new CountDownLatch(1);
  private final CountDownLatch stop = new CountDownLatch(1);

  void hurry() {
    hurry.countDown();
  }

  void stop() {
    stop.countDown();
    hurry.countDown();
  }

  boolean hurrying() {
    return hurry.getCount() == 0;
  }

  boolean stopped() {
    return stop.getCount() == 0;
  }

  /// Of its own choice: ends when told to hurry.
  void dawdle(Duration time) {
    await(hurry, time.toMillis());
  }

  /// Because it has to: ends only when stopped.
  void rest(long millis) {
    await(stop, millis);
  }

  private static void await(CountDownLatch latch, long millis) {
    try {
      var _ = latch.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Between half and one and a half of it.
  static Duration about(Duration time) {
    long millis = Math.max(2, time.toMillis());
    return Duration.ofMillis(millis / 2 + ThreadLocalRandom.current().nextLong(millis));
  }
}
