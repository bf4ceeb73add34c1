package io.plimsoll.subscriptions.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.log.InMemoryEventLog;
import io.plimsoll.subscriptions.retention.RetentionSettings.Keep;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
class RetentionTests {

  private static final Topic ROOM = new Topic("room", "a");
  private static final Topic USER = new Topic("user", "a");
  private static final Keep ALL = new Keep(Duration.ZERO, 0);
  private static final Duration A_MINUTE = Duration.ofMinutes(1);
  private static final Keep A_DAY = new Keep(Duration.ofDays(1), 0);

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final Clock clock = ((InstantSource) now::get).withZone(ZoneOffset.UTC);
  private final InMemoryEventLog log = new InMemoryEventLog(clock);

  private void append(Topic topic, int events) {
    for (int n = 0; n < events; n++) {
      log.appendAlone(topic, List.of(NewEvent.of("a", "{}")));
    }
  }

  private void pass(Duration time) {
    now.updateAndGet(instant -> instant.plus(time));
  }

  private Head head(Topic topic) {
    return log.find(topic).orElseThrow();
  }

  private static RetentionSettings settings(Keep keep, Map<String, Keep> kinds) {
    return new RetentionSettings(
        true, Duration.ofMillis(20), 3, Duration.ofMillis(1), A_MINUTE, keep, kinds);
  }

  private Retention retention(Keep keep) {
    return new Retention(log, settings(keep, Map.of()), clock);
  }

  @Test
  void removesEventsThatAreTooOld() throws Exception {
    append(ROOM, 10);
    pass(Duration.ofDays(1));
    append(ROOM, 2);
    Retention retention = retention(A_DAY);

    retention.sweep();
    assertThat(head(ROOM).floor()).isEqualTo(1);

    pass(Duration.ofSeconds(1));
    retention.sweep();
    assertThat(head(ROOM).floor()).isEqualTo(11);
    assertThat(head(ROOM).offset()).isEqualTo(12);
    assertThat(retention.trimmed()).isEqualTo(10);
    assertThat(retention.sweeps()).isEqualTo(2);
  }

  @Test
  void removesEventsThatAreTooMany() throws Exception {
    append(ROOM, 10);
    append(USER, 3);

    retention(new Keep(Duration.ZERO, 4)).sweep();

    assertThat(head(ROOM).floor()).isEqualTo(7);
    assertThat(head(USER).floor()).isEqualTo(1);
  }

  @Test
  void appliesWhicheverRemovesMore() throws Exception {
    append(ROOM, 6);
    pass(Duration.ofDays(2));
    append(ROOM, 4);
    append(USER, 2);
    pass(Duration.ofHours(1));

    retention(new Keep(Duration.ofDays(1), 3)).sweep();
    assertThat(head(ROOM).floor()).isEqualTo(8);

    retention(new Keep(Duration.ofMinutes(1), 3)).sweep();
    assertThat(head(ROOM).floor()).isEqualTo(11);
    assertThat(head(USER).floor()).isEqualTo(3);
  }

  @Test
  void keepsEachKindForItsOwnTime() throws Exception {
    append(ROOM, 5);
    append(USER, 5);
    pass(Duration.ofDays(2));

    new Retention(log, settings(A_DAY, Map.of("user", ALL)), clock).sweep();

    assertThat(head(ROOM).floor()).isEqualTo(6);
    assertThat(head(USER).floor()).isEqualTo(1);
  }

  @Test
  void positionsAtTheHeadStayValidWhenNothingIsKept() throws Exception {
    append(ROOM, 5);
    Head before = head(ROOM);
    pass(Duration.ofDays(2));

    retention(A_DAY).sweep();

    assertThat(head(ROOM).position()).isEqualTo(before.position());
    assertThat(head(ROOM).floorTag()).isEqualTo(before.tag());
  }

  @Test
  void removesAKeyWithItsEventOnly() throws Exception {
    IdempotencyKey key = new IdempotencyKey("p", "k");
    NewEvent event = NewEvent.of("a", "{}");
    log.append(ROOM, event, key);
    pass(Duration.ofHours(23));
    Retention retention = retention(A_DAY);

    retention.sweep();
    assertThat(log.append(ROOM, event, key).stored()).isEmpty();

    pass(Duration.ofHours(2));
    retention.sweep();
    assertThat(log.append(ROOM, event, key).stored()).isPresent();
  }

  @Test
  void removesWhatDeletedTopicsLeaveBehind() throws Exception {
    append(ROOM, 5);
    long id = head(ROOM).topicId();
    log.delete(ROOM);
    Retention retention = retention(ALL);

    pass(A_MINUTE.minusSeconds(1));
    retention.sweep();
    assertThat(log.heads(List.of(id))).isNotEmpty();

    pass(Duration.ofSeconds(1));
    retention.sweep();
    assertThat(log.heads(List.of(id))).isEmpty();
    assertThat(retention.purged()).isPositive();
  }

  @Test
  void sweepsMoreTopicsThanOneStatementLists() throws Exception {
    for (int n = 0; n < 2_500; n++) {
      append(new Topic("room", "t" + n), 2);
    }
    Retention retention = retention(new Keep(Duration.ZERO, 1));

    retention.sweep();

    assertThat(retention.trimmed()).isEqualTo(2_500);
  }

  @Test
  void sweepsAgainAndAgain() {
    try (Retention retention = retention(new Keep(Duration.ZERO, 1))) {
      retention.start();
      append(ROOM, 3);
      Awaitility.await().until(() -> head(ROOM).floor() == 3);
      append(ROOM, 1);
      Awaitility.await().until(() -> head(ROOM).floor() == 4);
    }
  }

  @Test
  void goesOnAfterAFailure() {
    AtomicBoolean away = new AtomicBoolean(true);
    try (Retention retention =
        new Retention(away(away), settings(new Keep(Duration.ZERO, 1), Map.of()), clock)) {
      retention.start();
      append(ROOM, 3);
      Awaitility.await().until(() -> retention.failures() > 1);
      assertThat(head(ROOM).floor()).isEqualTo(1);

      away.set(false);
      Awaitility.await().until(() -> head(ROOM).floor() == 3);
    }
  }

  /// The log, which throws while it is away.
  private EventLog away(AtomicBoolean away) {
    return (EventLog)
        Proxy.newProxyInstance(
            EventLog.class.getClassLoader(),
            new Class<?>[] {EventLog.class},
            (_, method, arguments) -> {
              if (away.get()) {
                throw new IllegalStateException("away");
              }
              return method.invoke(log, arguments);
            });
  }
}
