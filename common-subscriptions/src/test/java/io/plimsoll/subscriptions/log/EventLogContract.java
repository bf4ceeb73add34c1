package io.plimsoll.subscriptions.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.subscriptions.AppendResult;
import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.IdempotencyKeyReusedException;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.EventLog.Appended;
import io.plimsoll.subscriptions.log.EventLog.Extent;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// What every event log keeps.
abstract class EventLogContract {

  private static final AtomicInteger TOPICS = new AtomicInteger();

  final Topic topic = newTopic();

  abstract EventLog log();

  /// Runs what joins a transaction in one that commits.
  abstract <T> T committed(Supplier<T> writes);

  static Topic newTopic() {
    return new Topic("kind", "tenant/" + TOPICS.incrementAndGet());
  }

  final Appended append(Topic to, NewEvent... events) {
    return committed(() -> log().append(Map.of(to, List.of(events)))).values().iterator().next();
  }

  /// Appends `{"n":from}` to `{"n":to}`.
  final Appended appendNumbers(Topic to, int from, int last) {
    return append(
        to,
        IntStream.rangeClosed(from, last)
            .mapToObj(EventLogContract::event)
            .toArray(NewEvent[]::new));
  }

  static NewEvent event(int n) {
    return NewEvent.of("counted", "{\"n\":" + n + "}");
  }

  final void create(Topic made) {
    committed(
        () -> {
          log().create(made);
          return made;
        });
  }

  final void delete(Topic gone) {
    committed(
        () -> {
          log().delete(gone);
          return gone;
        });
  }

  final Head head(Topic of) {
    return log().find(of).orElseThrow();
  }

  final List<StoredEvent> readAll(Topic of) {
    return log().read(head(of).topicId(), 0, 1000).orElseThrow().events();
  }

  /// How a reader checks a position before it goes on from there.
  final boolean verifies(long topicId, Position position) {
    Page page = log().read(topicId, position.offset(), 1).orElseThrow();
    return position.offset() >= page.head().floor() - 1 && page.afterTag() == position.tag();
  }

  private void purgeAll() {
    for (int i = 0; log().purge(Duration.ZERO, 100) > 0; i++) {
      assertThat(i).isLessThan(10_000);
    }
  }

  // --- topics ---

  @Test
  void knowsNoTopicBeforeItIsMade() {
    assertThat(log().find(topic)).isEmpty();
    assertThat(log().heads(List.of(-1L))).isEmpty();
    assertThat(log().read(-1, 0, 10)).isEmpty();
  }

  @Test
  void startsWithNoEventAndATagOfItsOwn() {
    create(topic);

    Head head = head(topic);
    assertThat(head.offset()).isZero();
    assertThat(head.floor()).isEqualTo(1);
    assertThat(head.floorTag()).isEqualTo(head.tag());
    assertThat(log().heads(List.of(head.topicId(), -1L))).containsExactly(head);
  }

  @Test
  void makesATopicOnce() {
    create(topic);
    Head first = head(topic);
    create(topic);

    assertThat(head(topic)).isEqualTo(first);
  }

  @Test
  void tellsKindsApart() {
    Topic sameKey = new Topic("other", topic.key());
    appendNumbers(topic, 1, 3);
    appendNumbers(sameKey, 1, 1);

    assertThat(head(topic).offset()).isEqualTo(3);
    assertThat(head(sameKey).offset()).isEqualTo(1);
  }

  // --- appending ---

  @Test
  void numbersEventsWithoutHoles() {
    appendNumbers(topic, 1, 1);
    appendNumbers(topic, 2, 4);
    appendNumbers(topic, 5, 5);

    assertThat(readAll(topic)).extracting(StoredEvent::offset).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(readAll(topic))
        .extracting(stored -> stored.event().data())
        .containsExactly("{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}", "{\"n\":5}");
  }

  @Test
  void linksEachEventToTheOneBefore() {
    create(topic);
    long tag = head(topic).tag();
    Appended one = appendNumbers(topic, 1, 1);
    Appended more = appendNumbers(topic, 2, 4);

    assertThat(one.events().getFirst().previousTag()).isEqualTo(tag);
    assertThat(more.events().getFirst().previousTag()).isEqualTo(one.events().getFirst().tag());
    for (StoredEvent stored : readAll(topic)) {
      assertThat(stored.previousTag()).isEqualTo(tag);
      tag = stored.tag();
    }
    assertThat(head(topic).tag()).isEqualTo(tag);
  }

  @Test
  void drawsEveryTagAnew() {
    appendNumbers(topic, 1, 200);

    Set<Long> tags = new HashSet<>();
    readAll(topic).forEach(stored -> tags.add(stored.tag()));
    tags.add(readAll(topic).getFirst().previousTag());
    assertThat(tags).hasSize(201);
  }

  @Test
  void readsBackExactlyWhatAppendReturned() {
    Appended one = append(topic, NewEvent.of("a.b", "\"ä€😀\\u0000\""));
    Appended run =
        append(
            topic,
            NewEvent.numbered("c", "{}"),
            NewEvent.of("c", "null"),
            NewEvent.numbered("c", "{ }"),
            NewEvent.numbered("c", "{\"x\": [1, 2.50, {}]}"));
    Appended numbered = append(topic, NewEvent.numbered("c", "{\"x\":\"'; drop table\"}"));

    assertThat(readAll(topic)).startsWith(one.events().getFirst()).hasSize(6);
    assertThat(readAll(topic).subList(1, 5)).isEqualTo(run.events());
    assertThat(readAll(topic).getLast()).isEqualTo(numbered.events().getFirst());
    assertThat(readAll(topic))
        .extracting(stored -> stored.event().data())
        .containsExactly(
            "\"ä€😀\\u0000\"",
            "{\"offset\":2}",
            "null",
            "{\"offset\":4 }",
            "{\"offset\":5,\"x\": [1, 2.50, {}]}",
            "{\"offset\":6,\"x\":\"'; drop table\"}");
  }

  @Test
  void appendsABatchToSeveralTopics() {
    Topic other = newTopic();
    Topic fresh = newTopic();
    appendNumbers(topic, 1, 2);
    appendNumbers(other, 1, 1);
    Map<Topic, List<NewEvent>> batch = new LinkedHashMap<>();
    batch.put(fresh, List.of(event(1)));
    batch.put(other, List.of(event(2), NewEvent.numbered("c", "{\"n\":3}"), event(4)));
    batch.put(topic, List.of(event(3)));

    Map<Topic, Appended> stored = committed(() -> log().append(batch));

    assertThat(stored.keySet()).containsExactly(fresh, other, topic);
    stored.forEach(
        (to, appended) -> {
          assertThat(appended.topicId()).isEqualTo(head(to).topicId());
          assertThat(readAll(to)).endsWith(appended.events().toArray(StoredEvent[]::new));
        });
    assertThat(readAll(other)).extracting(StoredEvent::offset).containsExactly(1L, 2L, 3L, 4L);
    assertThat(readAll(other).get(2).event().data()).isEqualTo("{\"offset\":3,\"n\":3}");
    assertThat(readAll(other).get(1).previousTag()).isEqualTo(readAll(other).get(0).tag());
    assertThat(readAll(topic)).hasSize(3);
  }

  @Test
  void appendsAlone() {
    Appended made = log().appendAlone(topic, List.of(event(1)));
    Appended more = log().appendAlone(topic, List.of(event(2), event(3)));

    assertThat(readAll(topic)).hasSize(3).endsWith(more.events().toArray(StoredEvent[]::new));
    assertThat(made.topicId()).isEqualTo(head(topic).topicId());
  }

  // --- reading ---

  @Test
  void readsInPages() {
    appendNumbers(topic, 1, 7);
    long id = head(topic).topicId();
    List<StoredEvent> all = readAll(topic);

    Page first = log().read(id, 0, 3).orElseThrow();
    Page second = log().read(id, 3, 3).orElseThrow();
    Page last = log().read(id, 6, 3).orElseThrow();
    Page none = log().read(id, 7, 3).orElseThrow();

    assertThat(first.events()).isEqualTo(all.subList(0, 3));
    assertThat(second.events()).isEqualTo(all.subList(3, 6));
    assertThat(last.events()).isEqualTo(all.subList(6, 7));
    assertThat(none.events()).isEmpty();
    assertThat(second.afterTag()).isEqualTo(all.get(2).tag());
    assertThat(none.afterTag()).isEqualTo(all.get(6).tag());
    assertThat(second.head()).isEqualTo(head(topic));
  }

  @Test
  void readsFromTheFloorIfAskedForLess() {
    appendNumbers(topic, 1, 5);
    long id = head(topic).topicId();
    List<StoredEvent> all = readAll(topic);
    log().trim(id, 4, 100);

    Page page = log().read(id, 1, 10).orElseThrow();

    assertThat(page.events()).isEqualTo(all.subList(3, 5));
    assertThat(page.afterTag()).isEqualTo(all.get(2).tag());
    assertThat(page.head().floor()).isEqualTo(4);
  }

  @Test
  void saysWhenItKnowsNoSuchOffset() {
    appendNumbers(topic, 1, 2);

    Page page = log().read(head(topic).topicId(), 3, 10).orElseThrow();

    assertThat(page.afterTag()).isEqualTo(-1);
    assertThat(page.events()).isEmpty();
  }

  // --- positions ---

  @Test
  void verifiesEveryPositionFromBelowTheFloorToTheHead() {
    create(topic);
    Head start = head(topic);
    Appended stored = appendNumbers(topic, 1, 6);
    List<Position> positions = stored.events().stream().map(it -> it.event().position()).toList();
    long id = stored.topicId();

    assertThat(verifies(id, start.position())).isTrue();
    assertThat(positions).allMatch(position -> verifies(id, position));

    log().trim(id, 4, 100);
    assertThat(verifies(id, start.position())).isFalse();
    assertThat(positions.subList(0, 2)).noneMatch(position -> verifies(id, position));
    assertThat(positions.subList(2, 6)).allMatch(position -> verifies(id, position));

    log().trim(id, 7, 100);
    assertThat(positions.subList(0, 5)).noneMatch(position -> verifies(id, position));
    assertThat(verifies(id, positions.getLast())).isTrue();
    assertThat(head(topic).floor()).isEqualTo(7);
  }

  @Test
  void goesOnAfterEverythingWasTrimmed() {
    Appended before = appendNumbers(topic, 1, 3);
    log().trim(before.topicId(), 4, 100);
    Appended after = appendNumbers(topic, 4, 5);

    assertThat(after.events().getFirst().previousTag()).isEqualTo(before.events().getLast().tag());
    assertThat(readAll(topic)).isEqualTo(after.events());
    assertThat(verifies(before.topicId(), before.events().getLast().event().position())).isTrue();
  }

  @Test
  void losesPositionsThatWereMadeUpOrLieAhead() {
    Appended stored = appendNumbers(topic, 1, 3);
    Position second = stored.events().get(1).event().position();

    assertThat(verifies(stored.topicId(), new Position(2, second.tag() ^ 1))).isFalse();
    assertThat(verifies(stored.topicId(), new Position(4, second.tag()))).isFalse();
    assertThat(verifies(stored.topicId(), new Position(0, second.tag()))).isFalse();
  }

  @Test
  void losesPositionsOfATopicMadeAgain() {
    create(topic);
    Position start = head(topic).position();
    Appended old = appendNumbers(topic, 1, 3);
    delete(topic);
    Appended young = appendNumbers(topic, 1, 3);

    assertThat(young.topicId()).isNotEqualTo(old.topicId());
    assertThat(verifies(young.topicId(), start)).isFalse();
    assertThat(old.events())
        .noneMatch(event -> verifies(young.topicId(), event.event().position()));
  }

  // --- what has become visible ---

  @Test
  void tellsWhatHasBecomeVisible() {
    LogSnapshot start = log().changesSince(null, 100).snapshot();
    Topic other = newTopic();
    Appended first = appendNumbers(topic, 1, 3);
    Appended second = appendNumbers(other, 1, 1);

    Changes changes = log().changesSince(start, 100);

    assertThat(changes.complete()).isTrue();
    assertThat(changes.events()).containsExactlyInAnyOrderElementsOf(changes(first, second));
    assertThat(log().changesSince(changes.snapshot(), 100).events()).isEmpty();
    Appended third = appendNumbers(topic, 4, 4);
    assertThat(log().changesSince(changes.snapshot(), 100).events())
        .containsExactlyElementsOf(changes(third));
  }

  @Test
  void startsWithoutChanges() {
    appendNumbers(topic, 1, 3);

    Changes changes = log().changesSince(null, 100);

    assertThat(changes.complete()).isTrue();
    assertThat(changes.events()).isEmpty();
  }

  @Test
  void doesNotListTooManyChanges() {
    LogSnapshot start = log().changesSince(null, 100).snapshot();
    appendNumbers(topic, 1, 11);

    assertThat(log().changesSince(start, 11).complete()).isTrue();
    Changes changes = log().changesSince(start, 10);
    assertThat(changes.complete()).isFalse();
    assertThat(changes.events()).isEmpty();
    assertThat(log().changesSince(changes.snapshot(), 10).complete()).isTrue();
  }

  static List<Changes.Change> changes(Appended... appended) {
    return List.of(appended).stream()
        .flatMap(
            each ->
                each.events().stream()
                    .map(event -> new Changes.Change(each.topicId(), event.offset(), event.tag())))
        .toList();
  }

  // --- keys ---

  @Test
  void appendsOncePerKey() {
    IdempotencyKey key = new IdempotencyKey("alice", "k1");
    EventLog.Keyed first = committed(() -> log().append(topic, event(1), key));
    EventLog.Keyed again = committed(() -> log().append(topic, event(1), key));

    assertThat(first.stored()).hasValueSatisfying(it -> assertThat(it.events()).hasSize(1));
    assertThat(first.result()).isInstanceOf(AppendResult.Appended.class);
    assertThat(again.stored()).isEmpty();
    assertThat(again.result()).isEqualTo(new AppendResult.Duplicate(first.result().position()));
    assertThat(readAll(topic)).hasSize(1);
  }

  @Test
  void refusesAKeyWithAnotherPayload() {
    IdempotencyKey key = new IdempotencyKey("alice", "k1");
    committed(() -> log().append(topic, event(1), key));

    assertThatThrownBy(() -> committed(() -> log().append(topic, event(2), key)))
        .isInstanceOf(IdempotencyKeyReusedException.class);
    assertThatThrownBy(
            () -> committed(() -> log().append(topic, NewEvent.of("x", "{\"n\":1}"), key)))
        .isInstanceOf(IdempotencyKeyReusedException.class);
    assertThat(readAll(topic)).hasSize(1);
  }

  @Test
  void tellsKeysApartByProducerAndTopic() {
    Topic other = newTopic();
    committed(() -> log().append(topic, event(1), new IdempotencyKey("alice", "k1")));
    committed(() -> log().append(topic, event(1), new IdempotencyKey("bob", "k1")));
    committed(() -> log().append(topic, event(1), new IdempotencyKey("alice", "k2")));
    committed(() -> log().append(other, event(1), new IdempotencyKey("alice", "k1")));

    assertThat(readAll(topic)).hasSize(3);
    assertThat(readAll(other)).hasSize(1);
  }

  @Test
  void keepsAKeyAsLongAsItsEvent() {
    IdempotencyKey key = new IdempotencyKey("alice", "k1");
    appendNumbers(topic, 1, 1);
    committed(() -> log().append(topic, event(2), key));
    long id = head(topic).topicId();

    log().trim(id, 2, 100);
    assertThat(committed(() -> log().append(topic, event(2), key)).stored()).isEmpty();
    log().trim(id, 3, 100);
    assertThat(committed(() -> log().append(topic, event(2), key)).stored()).isPresent();
  }

  // --- redaction ---

  @Test
  void replacesDataButNotPositions() {
    Appended before = appendNumbers(topic, 1, 4);
    Appended announced = committed(() -> log().redact(topic, List.of(2L, 3L, 99L), "{}", event(5)));

    List<StoredEvent> after = readAll(topic);
    assertThat(after)
        .extracting(stored -> stored.event().data())
        .containsExactly("{\"n\":1}", "{}", "{}", "{\"n\":4}", "{\"n\":5}");
    assertThat(after.getLast()).isEqualTo(announced.events().getFirst());
    assertThat(after.getLast().redacts()).containsExactly(2L, 3L, 99L);
    for (int i = 0; i < 4; i++) {
      Event old = before.events().get(i).event();
      Event now = after.get(i).event();
      assertThat(now.position()).isEqualTo(old.position());
      assertThat(now.type()).isEqualTo(old.type());
      assertThat(now.time()).isEqualTo(old.time());
      assertThat(after.get(i).redacts()).isEmpty();
    }
  }

  @Test
  void announcesARedactionEvenIfNothingIsRetained() {
    appendNumbers(topic, 1, 1);
    log().trim(head(topic).topicId(), 2, 100);

    committed(() -> log().redact(topic, List.of(1L), "{}", event(2)));

    assertThat(readAll(topic)).extracting(StoredEvent::offset).containsExactly(2L);
  }

  @Test
  void redactsInNoUnknownTopic() {
    assertThatThrownBy(() -> committed(() -> log().redact(topic, List.of(1L), "{}", event(2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(topic.toString());
    assertThat(log().find(topic)).isEmpty();
  }

  // --- deletion ---

  @Test
  void freesTheNameAtOnce() {
    Appended old = appendNumbers(topic, 1, 3);
    delete(topic);

    assertThat(log().find(topic)).isEmpty();
    appendNumbers(topic, 1, 1);
    assertThat(head(topic).topicId()).isNotEqualTo(old.topicId());
    assertThat(readAll(topic)).hasSize(1);
  }

  @Test
  void servesReadersOfADeletedTopicUntilItIsPurged() {
    Appended old = appendNumbers(topic, 1, 3);
    delete(topic);

    assertThat(log().purge(Duration.ofHours(1), 10)).isZero();
    assertThat(log().read(old.topicId(), 0, 10).orElseThrow().events()).isEqualTo(old.events());
    purgeAll();
    assertThat(log().read(old.topicId(), 0, 10)).isEmpty();
    assertThat(log().heads(List.of(old.topicId()))).isEmpty();
  }

  @Test
  void purgesDeletedTopicsOnly() {
    appendNumbers(topic, 1, 3);
    Topic gone = newTopic();
    committed(() -> log().append(gone, event(1), new IdempotencyKey("alice", "k1")));
    delete(gone);
    purgeAll();

    assertThat(readAll(topic)).hasSize(3);
    assertThat(committed(() -> log().append(gone, event(1), new IdempotencyKey("alice", "k1"))))
        .satisfies(keyed -> assertThat(keyed.stored()).isPresent());
    assertThat(log().purge(Duration.ZERO, 10)).isZero();
  }

  @Test
  void deletesWhatIsNotThere() {
    delete(topic);
    assertThat(log().find(topic)).isEmpty();
  }

  // --- retention ---

  @Test
  void listsExtentsInTheOrderOfTheirIds() {
    appendNumbers(topic, 1, 5);
    Topic empty = newTopic();
    create(empty);
    Topic gone = newTopic();
    create(gone);
    delete(gone);
    long id = head(topic).topicId();
    log().trim(id, 3, 100);

    List<Extent> extents = log().extents(id - 1, 2);

    Instant oldest = readAll(topic).getFirst().event().time();
    assertThat(extents)
        .containsExactly(
            new Extent(id, "kind", 3, 5, oldest),
            new Extent(head(empty).topicId(), "kind", 1, 0, null));
    assertThat(log().extents(head(empty).topicId(), 10)).isEmpty();
  }

  @Test
  void findsTheLastEventOlderThanATime() {
    appendNumbers(topic, 1, 5);
    long id = head(topic).topicId();
    Instant time = readAll(topic).getLast().event().time();

    assertThat(log().lastBefore(id, time.plus(Duration.ofHours(1)), 100)).hasValue(5);
    assertThat(log().lastBefore(id, time.plus(Duration.ofHours(1)), 2)).hasValue(2);
    assertThat(log().lastBefore(id, time.minus(Duration.ofHours(1)), 100)).isEmpty();
    assertThat(log().lastBefore(-1, time, 100)).isEmpty();
  }

  @Test
  void trimsWithinItsLimits() {
    appendNumbers(topic, 1, 10);
    long id = head(topic).topicId();

    assertThat(log().trim(id, 5, 3)).isEqualTo(3);
    assertThat(head(topic).floor()).isEqualTo(4);
    assertThat(log().trim(id, 5, 3)).isEqualTo(1);
    assertThat(log().trim(id, 5, 3)).isZero();
    assertThat(log().trim(id, 100, 100)).isEqualTo(6);
    assertThat(head(topic).floor()).isEqualTo(11);
    assertThat(log().trim(-1, 5, 3)).isZero();
    assertThat(readAll(topic)).isEmpty();
    assertThat(LongStream.rangeClosed(1, 10).mapToObj(n -> log().read(id, n, 5).orElseThrow()))
        .allMatch(page -> page.events().isEmpty());
  }
}
