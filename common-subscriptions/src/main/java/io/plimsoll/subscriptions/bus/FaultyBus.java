package io.plimsoll.subscriptions.bus;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/// Mistreats what is published, to show that nobody notices: each fault strikes a message with its
/// own probability.
public final class FaultyBus implements Bus {

  /// Delays are drawn up to this.
  private static final Duration LONGEST = Duration.ofSeconds(3);

  private final Bus bus;
  private final Faults faults;
  private final ScheduledExecutorService later =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("bus-faults").factory());

  public FaultyBus(Bus bus, Faults faults) {
    this.bus = bus;
    this.faults = faults;
  }

  @Override
  public void publish(long topicId, byte[] message) {
    if (strikes(faults.drop)) {
      return;
    }
    if (strikes(faults.duplicate)) {
      after(ThreadLocalRandom.current().nextLong(50), topicId, message);
    }
    if (strikes(faults.reorder)) {
      after(ThreadLocalRandom.current().nextLong(20), topicId, message);
    } else if (strikes(faults.delay)) {
      after(ThreadLocalRandom.current().nextLong(LONGEST.toMillis()), topicId, message);
    } else {
      bus.publish(topicId, message);
    }
  }

  private static boolean strikes(double probability) {
    return ThreadLocalRandom.current().nextDouble() < probability;
  }

  private void after(long millis, long topicId, byte[] message) {
    var _ = later.schedule(() -> bus.publish(topicId, message), millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void start(Receiver receiver) {
    bus.start(receiver);
  }

  @Override
  public void subscribe(long topicId) {
    bus.subscribe(topicId);
  }

  @Override
  public void unsubscribe(long topicId) {
    bus.unsubscribe(topicId);
  }

  @Override
  public boolean healthy() {
    return bus.healthy();
  }

  @Override
  public void close() {
    later.shutdownNow();
    bus.close();
  }

  /// Probabilities, 0 to 1, that a published message is dropped, doubled, overtaken by a few
  /// milliseconds' worth of others, or delayed by up to 3 s.
  public record Faults(double drop, double duplicate, double reorder, double delay) {

    public boolean any() {
      return drop > 0 || duplicate > 0 || reorder > 0 || delay > 0;
    }
  }
}
