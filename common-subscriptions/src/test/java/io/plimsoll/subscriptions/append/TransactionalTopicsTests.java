package io.plimsoll.subscriptions.append;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.subscriptions.AppendResult;
import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.InMemoryEventLog;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Over a log without transactions.
class TransactionalTopicsTests {

  private static final Topic TOPIC = new Topic("room", "a");
  private static final NewEvent EVENT = NewEvent.of("a", "{}");

  private final InMemoryEventLog log = new InMemoryEventLog(Clock.systemUTC());
  private final Delivered delivered = new Delivered();
  private final AtomicLong nanos = new AtomicLong();
  private final TransactionalTopics topics =
      new TransactionalTopics(log, delivered, AppendSettings.defaults(), nanos::get);

  @Test
  void deliversAtOnceWithoutTransactions() {
    topics.append(TOPIC, EVENT);
    topics.append(Map.of(TOPIC, List.of(EVENT, EVENT)));
    topics.appendAlone(TOPIC, EVENT);
    topics.redact(TOPIC, List.of(1L), "null", EVENT);

    assertThat(delivered.batches)
        .extracting(batch -> batch.events().size())
        .containsExactly(1, 2, 1, 1);
    assertThat(delivered.batches.getLast().events().getFirst().redacts()).containsExactly(1L);
  }

  @Test
  void deliversNothingForADuplicate() {
    IdempotencyKey key = new IdempotencyKey("alice", "1");
    AppendResult first = topics.append(TOPIC, EVENT, key);

    assertThat(topics.append(TOPIC, EVENT, key))
        .isEqualTo(new AppendResult.Duplicate(first.position()));
    assertThat(delivered.batches).hasSize(1);
  }

  @Test
  void refusesDataThatWouldBreakTheStream() {
    for (String data :
        List.of("\"\u0000\"", "\"\u001b\"", "\"\ud800\"", "\"\udc00\ud800\"", "\"\ud83d")) {
      NewEvent event = NewEvent.of("a", data);
      assertThatThrownBy(() -> topics.append(TOPIC, event))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("data: ");
      assertThatThrownBy(() -> topics.appendAlone(TOPIC, event))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> topics.ephemeral(TOPIC, "alice", "a", data))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> topics.redact(TOPIC, List.of(1L), data, EVENT))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(log.find(TOPIC)).isEmpty();
  }

  @Test
  void refusesDataThatIsTooLong() {
    int most = AppendSettings.defaults().maxData();
    topics.append(TOPIC, NewEvent.of("a", "\"" + "ä".repeat(most / 2 - 1) + "\""));

    assertThatThrownBy(
            () -> topics.append(TOPIC, NewEvent.of("a", "\"" + "ä".repeat(most / 2) + "\"")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("data: 262146 bytes (expected: 1 to 262144)");
  }

  @Test
  void refusesBatchesWithoutEvents() {
    assertThatThrownBy(() -> topics.append(TOPIC, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> topics.append(Map.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void limitsEphemeralEventsPerSenderAndTopic() {
    Topic other = new Topic("room", "b");
    topics.create(TOPIC);
    topics.create(other);

    assertThat(sent(TOPIC, "alice", 25)).isEqualTo(20);
    assertThat(sent(TOPIC, "bob", 1)).isEqualTo(1);
    assertThat(sent(other, "alice", 1)).isEqualTo(1);
    nanos.addAndGet(Duration.ofMillis(99).toNanos());
    assertThat(sent(TOPIC, "alice", 1)).isZero();
    nanos.addAndGet(Duration.ofMillis(1).toNanos());
    assertThat(sent(TOPIC, "alice", 2)).isEqualTo(1);
    nanos.addAndGet(Duration.ofHours(1).toNanos());
    assertThat(sent(TOPIC, "alice", 25)).isEqualTo(20);
    assertThat(delivered.ephemeral).hasSize(43);
  }

  private int sent(Topic topic, String sender, int tries) {
    int sent = 0;
    for (int i = 0; i < tries; i++) {
      if (topics.ephemeral(topic, sender, "typing", "{}")) {
        sent++;
      }
    }
    return sent;
  }

  @Test
  void sendsEphemeralEventsToTopicsThatExist() {
    assertThat(topics.ephemeral(TOPIC, "alice", "typing", "{}")).isTrue();
    assertThat(delivered.ephemeral).isEmpty();

    topics.create(TOPIC);
    topics.ephemeral(TOPIC, "alice", "typing", "{\"a\":1}");
    long id = log.find(TOPIC).orElseThrow().topicId();
    assertThat(delivered.ephemeral).containsExactly(id + " typing {\"a\":1}");
    assertThat(log.find(TOPIC).orElseThrow().offset()).isZero();
  }

  @Test
  void sendsEphemeralEventsToATopicMadeAgain() {
    topics.create(TOPIC);
    topics.ephemeral(TOPIC, "alice", "typing", "{}");
    topics.delete(TOPIC);
    topics.ephemeral(TOPIC, "alice", "typing", "{}");
    topics.create(TOPIC);
    topics.ephemeral(TOPIC, "alice", "typing", "{}");

    assertThat(delivered.ephemeral).hasSize(2).doesNotHaveDuplicates();
  }

  /// As after a restored backup, which this node's feeds notice.
  @Test
  void looksATopicUpAgainWhenTheLogWentBack() {
    topics.create(TOPIC);
    topics.ephemeral(TOPIC, "alice", "typing", "{}");
    log.delete(TOPIC);
    log.create(TOPIC);
    delivered.undone = 1;
    topics.ephemeral(TOPIC, "alice", "typing", "{}");

    assertThat(delivered.ephemeral.getLast())
        .isEqualTo(log.find(TOPIC).orElseThrow().topicId() + " typing {}");
  }
}
