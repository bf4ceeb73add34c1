package io.plimsoll.subscriptions.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What every bus keeps: little, for it may lose, double and reorder.
@Timeout(240)
abstract class BusContract {

  /// Nobody else's on a shared server.
  final long topic = ThreadLocalRandom.current().nextLong(1L << 40, 1L << 60);

  private final List<String> heard = new CopyOnWriteArrayList<>();
  private Bus here;
  private Bus there;

  /// Another node's bus, on the same wire.
  abstract Bus bus();

  @BeforeEach
  void start() {
    here = bus();
    there = bus();
    here.start((id, message) -> heard.add(id + " " + new String(message, StandardCharsets.UTF_8)));
    there.start((_, _) -> {});
    Awaitility.await().until(() -> here.healthy() && there.healthy());
  }

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  private void publish(long to, String message) {
    there.publish(to, message.getBytes(StandardCharsets.UTF_8));
  }

  /// Publishes again and again, because a subscription takes effect when it does.
  private void publishUntil(long to, String message, BooleanSupplier done) {
    Awaitility.await()
        .until(
            () -> {
              publish(to, message);
              return done.getAsBoolean();
            });
  }

  @Test
  void carriesMessagesOfSubscribedTopicsToOtherNodes() {
    here.subscribe(topic);

    publishUntil(topic, "ä", () -> heard.contains(topic + " ä"));
  }

  @Test
  void carriesBinaryMessagesUnchanged() {
    here.subscribe(topic);
    String message = "\u0000\r\n" + "x".repeat(100_000);

    publishUntil(topic, message, () -> heard.contains(topic + " " + message));
  }

  @Test
  void carriesNothingOfOtherTopics() {
    here.subscribe(topic);
    publish(topic + 1, "other");

    publishUntil(topic, "mine", () -> heard.contains(topic + " mine"));

    assertThat(heard).allMatch(each -> each.equals(topic + " mine"));
  }

  @Test
  void carriesNothingMoreAfterTheEndOfASubscription() {
    here.subscribe(topic);
    publishUntil(topic, "before", () -> !heard.isEmpty());
    here.unsubscribe(topic);
    here.subscribe(topic + 1);
    publishUntil(topic + 1, "settled", () -> heard.contains((topic + 1) + " settled"));

    publish(topic, "after");
    publishUntil(topic + 1, "later", () -> heard.contains((topic + 1) + " later"));

    assertThat(heard).doesNotContain(topic + " after");
  }

  @Test
  void subscribesAgainAfterAnEnd() {
    here.subscribe(topic);
    here.unsubscribe(topic);
    here.subscribe(topic);

    publishUntil(topic, "again", () -> heard.contains(topic + " again"));
  }
}
