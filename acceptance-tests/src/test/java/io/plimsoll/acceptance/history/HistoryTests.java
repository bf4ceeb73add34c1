package io.plimsoll.acceptance.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.acceptance.history.Violation.Cause;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/// Each promise broken on purpose: a checker that never complains proves nothing.
class HistoryTests {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final List<String> log = new ArrayList<>();
  private final History history = new History(log::add);
  private final TopicHistory topic = history.topic("room r1");
  private final Sent sent = topic.sender("ann", 40);

  private static Position position(long offset) {
    return new Position(offset, offset * 7919);
  }

  private static String event(Position position, String type, Object data) {
    return "{\"offset\":\"%s\",\"type\":\"%s\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":%s}"
        .formatted(position, type, JSON.writeValueAsString(data));
  }

  private record Part(String type, String content) {}

  private record Message(long offset, String senderId, String clientId, List<Part> parts) {}

  private Message message(long offset, int seq, String content) {
    return new Message(offset, "ann", sent.clientId(seq), List.of(new Part("text/plain", content)));
  }

  private String created(Position position, int seq) {
    return event(position, "message.created", message(position.offset(), seq, sent.content(seq)));
  }

  /// The event at this offset of a topic to which message 0 went first.
  private String created(long offset) {
    return created(position(offset), (int) offset - 1);
  }

  private void send(int count) {
    for (int i = 0; i < count; i++) {
      int seq = sent.next();
      sent.acknowledged(seq, position(seq + 1L));
    }
  }

  private static void arrive(ReaderTrack reader, String... events) {
    byte[] json = ("[" + String.join(",", events) + "]").getBytes(StandardCharsets.UTF_8);
    assertThat(reader.arrived(json, 0, json.length)).isEqualTo(events.length);
  }

  private void arrive(ReaderTrack reader, long... offsets) {
    Arrays.stream(offsets).forEach(offset -> arrive(reader, created(offset)));
  }

  private void expectOnly(Cause cause) {
    assertThat(history.violations().counts()).as("%s", log).containsOnlyKeys(cause);
  }

  private void expectNone() {
    assertThat(history.violations().first()).isEmpty();
  }

  @Test
  void acceptsWhatIsAsPromised() {
    send(1_000);
    ReaderTrack live = topic.reader("live", true);
    ReaderTrack paging = topic.reader("paging", true);
    paging.startsAt(position(0).toString());
    arrive(paging, IntStream.rangeClosed(1, 1_000).mapToObj(this::created).toArray(String[]::new));
    paging.told("Stream-Next-Offset", position(1_000).toString());
    paging.upToDate(1_000);
    arrive(live, IntStream.rangeClosed(1, 1_000).mapToLong(i -> i).toArray());
    ReaderTrack late = topic.reader("late", true);
    late.told("control", position(998).toString());
    arrive(late, 999, 1_000);

    topic.settle(position(1_000));

    expectNone();
    assertThat(history.deliveries()).isEqualTo(2_002);
    assertThat(history.events()).isEqualTo(1_000);
    assertThat(topic.unanswered()).isZero();
  }

  @Test
  void reportsAGap() {
    send(4);
    ReaderTrack reader = topic.reader("a", true);
    arrive(reader, 1, 2, 4);

    expectOnly(Cause.GAP);
    assertThat(log).singleElement().asString().contains(position(2).toString(), "m0-1");
  }

  @Test
  void reportsAGapAtTheStart() {
    send(2);
    arrive(topic.reader("a", true), 2);

    expectOnly(Cause.GAP);
  }

  @Test
  void reportsARepetition() {
    send(3);
    arrive(topic.reader("a", true), 1, 2, 2, 3);

    expectOnly(Cause.REPEATED);
    assertThat(history.violations().total()).isEqualTo(1);
  }

  @Test
  void reportsAReordering() {
    send(3);
    arrive(topic.reader("a", true), 1, 3, 2);

    assertThat(history.violations().counts()).containsOnlyKeys(Cause.GAP, Cause.REPEATED);
  }

  @Test
  void reportsContentThatWasNotSent() {
    send(1);
    arrive(
        topic.reader("a", true),
        event(position(1), "message.created", message(1, 0, "something else")));

    expectOnly(Cause.CHANGED);
  }

  @Test
  void reportsContentThatDiffersBetweenReaders() {
    send(2);
    arrive(topic.reader("a", true), 1, 2);
    ReaderTrack other = topic.reader("b", true);
    arrive(other, 1);
    arrive(other, event(position(2), "message.created", message(2, 0, sent.content(0))));

    expectOnly(Cause.CHANGED);
  }

  @Test
  void reportsAnotherTagAtTheSameOffset() {
    send(2);
    arrive(topic.reader("a", true), 1, 2);
    ReaderTrack other = topic.reader("b", true);
    arrive(other, 1);
    arrive(other, created(new Position(2, 5), 1));

    expectOnly(Cause.POSITION);
  }

  @Test
  void reportsWhatNobodySent() {
    send(1);
    ReaderTrack reader = topic.reader("a", true);
    arrive(reader, 1, 2);

    expectOnly(Cause.PHANTOM);
  }

  @Test
  void reportsAnUnknownTypeOfEvent() {
    arrive(topic.reader("a", true), event(position(1), "message.exploded", 1));

    expectOnly(Cause.PHANTOM);
  }

  @Test
  void reportsASendThatBecameTwoEvents() {
    send(2);
    arrive(topic.reader("a", true), created(position(1), 0), created(position(2), 0));

    assertThat(history.violations().count(Cause.DOUBLED)).isEqualTo(1);
  }

  @Test
  void reportsAnAcknowledgementThatDiffersFromTheFirst() {
    send(1);
    sent.acknowledged(0, position(2));

    expectOnly(Cause.DOUBLED);
  }

  @Test
  void reportsAnAcknowledgedEventThatNobodyGot() {
    send(3);
    arrive(topic.reader("a", true), 1, 2);

    topic.settle(position(2));

    expectOnly(Cause.MISSING);
  }

  @Test
  void reportsAnEventElsewhereThanAcknowledged() {
    sent.next();
    sent.next();
    sent.acknowledged(1, position(1));
    arrive(topic.reader("a", true), created(1));

    topic.settle(position(1));

    expectOnly(Cause.MISSING);
  }

  @Test
  void reportsAProducersOrderTurnedRound() {
    sent.next();
    sent.next();
    sent.acknowledged(0, position(2));
    sent.acknowledged(1, position(1));
    arrive(topic.reader("a", true), created(position(1), 1), created(position(2), 0));

    topic.settle(position(2));

    expectOnly(Cause.REORDERED);
  }

  @Test
  void acceptsAnUnansweredSendThatArrived() {
    sent.next();
    arrive(topic.reader("a", true), 1);

    topic.settle(position(1));

    expectNone();
    assertThat(topic.unanswered()).isEqualTo(1);
  }

  @Test
  void reportsAReaderThatStopsShortOfTheHead() {
    send(2);
    arrive(topic.reader("a", true), 1, 2);
    arrive(topic.reader("b", true), 1);

    topic.settle(position(2));

    expectOnly(Cause.UNREACHED);
  }

  @Test
  void reportsAHeadThatNobodyReached() {
    send(1);
    arrive(topic.reader("a", false), 1);

    topic.settle(position(2));

    assertThat(history.violations().count(Cause.UNREACHED)).isEqualTo(1);
    assertThat(history.violations().count(Cause.MISSING)).isEqualTo(1);
  }

  @Test
  void reportsAPositionThatIsNotTheLastEvents() {
    send(2);
    ReaderTrack reader = topic.reader("a", true);
    arrive(reader, 1);
    reader.told("control", position(2).toString());

    expectOnly(Cause.POSITION);
  }

  @Test
  void reportsAStalePage() {
    send(2);
    ReaderTrack reader = topic.reader("a", true);
    arrive(reader, 1);
    reader.upToDate(2);

    expectOnly(Cause.STALE);
  }

  @Test
  void reportsAResetAboveTheFloor() {
    send(2);
    ReaderTrack reader = topic.reader("a", true);
    arrive(reader, 1, 2);
    reader.reset();
    assertThat(topic.undone(reader)).isFalse();
    reader.resetAtFloor(reader.at(), 3);

    expectOnly(Cause.RESET);
  }

  @Test
  void acceptsAResetBelowTheFloor() {
    topic.trims();
    send(5);
    arrive(topic.reader("all", true), 1, 2, 3, 4, 5);
    ReaderTrack reader = topic.reader("a", true);
    arrive(reader, 1, 2);
    reader.reset();
    reader.resetAtFloor(reader.at(), 4);
    reader.snapshot(position(4).toString(), JSON.readTree("{}"));
    arrive(reader, 5);

    topic.settle(position(5));

    expectNone();
    assertThat(reader.resets()).isEqualTo(1);
  }

  @Test
  void reportsAnEventBetweenResetAndSnapshot() {
    send(2);
    ReaderTrack reader = topic.reader("a", true);
    arrive(reader, 1);
    reader.reset();
    arrive(reader, 2);

    expectOnly(Cause.MALFORMED);
  }

  @Test
  void reportsASnapshotOfLaterMessages() {
    send(2);
    arrive(topic.reader("a", true), 1, 2);
    topic
        .reader("b", true)
        .snapshot(
            position(1).toString(),
            JSON.readTree("{\"messages\":[{\"offset\":2,\"clientId\":\"m0-1\"}]}"));

    expectOnly(Cause.POSITION);
  }

  /// Five events, of which the last two are undone by a backup restored.
  private ReaderTrack[] restoredAtThree() {
    send(5);
    ReaderTrack ahead = topic.reader("ahead", true);
    ReaderTrack behind = topic.reader("behind", true);
    arrive(ahead, 1, 2, 3, 4, 5);
    arrive(behind, 1, 2, 3);
    topic.restored(3);
    return new ReaderTrack[] {ahead, behind};
  }

  private String createdAgain(long offset) {
    int seq = sent.next();
    Position position = new Position(offset, offset);
    sent.acknowledged(seq, position);
    return created(position, seq);
  }

  @Test
  void followsAHistoryThatWasRestored() {
    ReaderTrack[] readers = restoredAtThree();
    assertThat(topic.ahead()).containsExactly(readers[0]);
    String four = createdAgain(4);
    arrive(readers[1], four);
    readers[0].reset();
    assertThat(topic.undone(readers[0])).isTrue();
    readers[0].snapshot(position(3).toString(), JSON.readTree("{}"));
    arrive(readers[0], four);

    topic.settle(new Position(4, 4));

    expectNone();
    assertThat(topic.ahead()).isEmpty();
  }

  @Test
  void reportsAReaderThatGoesOnInAnUndoneHistory() {
    ReaderTrack[] readers = restoredAtThree();
    createdAgain(4);
    createdAgain(5);
    arrive(readers[0], createdAgain(6));

    expectOnly(Cause.UNDONE);
  }

  @Test
  void acceptsAnUndoneEventSentToAReaderThatIsResetLater() {
    ReaderTrack[] readers = restoredAtThree();
    arrive(readers[1], 4);

    expectNone();
    assertThat(topic.ahead()).containsExactly(readers[0], readers[1]);
  }

  @Test
  void acceptsADeletedMessageWithAndWithoutContent() {
    send(2);
    ReaderTrack before = topic.reader("before", true);
    arrive(before, 1, 2);
    sent.deletes(1);
    Message deleted = new Message(2, "ann", sent.clientId(1), List.of());
    ReaderTrack after = topic.reader("after", true);
    arrive(after, created(1), event(position(2), "message.created", deleted));
    String gone = event(position(3), "message.deleted", deleted);
    arrive(before, gone);
    arrive(after, gone);

    topic.settle(position(3));

    expectNone();
  }

  @Test
  void acceptsOnlyEditsThatWereSent() {
    send(1);
    ReaderTrack reader = topic.reader("a", true);
    arrive(reader, 1);
    sent.nextEdit(0);
    arrive(reader, event(position(2), "message.edited", message(1, 0, sent.content(0, 1))));
    expectNone();
    arrive(reader, event(position(3), "message.edited", message(1, 0, sent.content(0, 2))));
    expectOnly(Cause.CHANGED);
  }

  @Test
  void reportsBytesThatAreNoEvents() {
    ReaderTrack reader = topic.reader("a", true);
    byte[] half = "[{\"offset\":\"0".getBytes(StandardCharsets.UTF_8);
    reader.arrived(half, 0, half.length);

    expectOnly(Cause.MALFORMED);
  }
}
