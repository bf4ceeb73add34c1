package io.plimsoll.subscriptions.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.bus.ScheduledBus;
import io.plimsoll.subscriptions.feed.FeedSettings;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.Frame;
import io.plimsoll.subscriptions.feed.TestFeeds;
import io.plimsoll.subscriptions.feed.TopicFeed;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.log.InMemoryEventLog;
import io.plimsoll.subscriptions.log.TestLog;
import io.plimsoll.subscriptions.stream.Entrance.Entered;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import io.plimsoll.subscriptions.stream.StreamRequest.From;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.SimpleTransactionStatus;
import org.springframework.transaction.support.TransactionCallback;
import org.springframework.transaction.support.TransactionOperations;

/// What befalls the log while somebody enters.
class EntranceTests {

  private static final Topic TOPIC = new Topic("shelf", "a");

  private final TestLog log = new TestLog(Clock.systemUTC());

  private void append() {
    log.appendAlone(TOPIC, List.of(NewEvent.of("a", "1")));
  }

  /// An event `gone` ends everybody's stream.
  private static StreamRules rules(boolean readable) {
    return new StreamRules() {
      @Override
      public Ends ends(Topic topic, Event event) {
        return event.type().equals("gone") ? new Ends.Everyone() : new Ends.NoOne();
      }

      @Override
      public boolean mayRead(Topic topic, String subscriber) {
        return readable;
      }
    };
  }

  /// A state is read while events come that the feed has not heard of, and the log goes back at
  /// once: the feed would never contradict who starts from there.
  @Test
  void startsFromNoStateThatWasUndoneBeforeTheFeedReachedIt() {
    log.create(TOPIC);
    append();
    InMemoryEventLog backup = log.backup();
    AtomicBoolean happened = new AtomicBoolean();
    TransactionOperations reading =
        new TransactionOperations() {
          @Override
          public <T extends @Nullable Object> T execute(TransactionCallback<T> action) {
            if (happened.getAndSet(true)) {
              return action.doInTransaction(new SimpleTransactionStatus());
            }
            append();
            append();
            TransactionStatus status = new SimpleTransactionStatus();
            T read = action.doInTransaction(status);
            log.restore(backup);
            return read;
          }
        };
    try (Feeds feeds = TestFeeds.started(log, new ScheduledBus().node())) {
      Entrance entrance =
          new Entrance(feeds, TestFeeds.OPEN, new Snapshots(log, _ -> "{}", reading, feeds));
      Entered entered =
          entrance.enter(TopicStream.of(TOPIC, "reader", null), new From.Snapshot(), true);
      assertThat(entered.at()).isEqualTo(log.find(TOPIC).orElseThrow().position());
      assertThat(entered.feed().head()).isEqualTo(entered.at());
    }
  }

  /// What was read of the log before it went back tells who enters afterwards nothing.
  @Test
  void startsAtTheFloorOfABackupFromWhichLessWasTrimmed() {
    log.create(TOPIC);
    Position start = log.find(TOPIC).orElseThrow().position();
    for (int i = 0; i < 3; i++) {
      append();
    }
    InMemoryEventLog backup = log.backup();
    Head trimmed = trimmed(3);
    try (Feeds feeds = started()) {
      Entrance entrance = Reader.entrance(log, feeds);
      TopicStream stream = TopicStream.of(TOPIC, "reader", null);
      Position floor = new Position(trimmed.floor() - 1, trimmed.floorTag());
      assertThat(frames(entrance, entrance.enter(stream, new From.At(floor), false))).hasSize(1);
      log.restore(backup);

      Entered entered = entrance.enter(stream, new From.At(start), false);
      assertThat(entered.at()).isEqualTo(start);
      assertThat(frames(entrance, entered)).hasSize(3);
    }
  }

  /// Events that this node read before it heard of them are nobody's once they are undone.
  @Test
  void givesNoEventsThatWereUndoneBeforeTheFeedReachedThem() {
    log.create(TOPIC);
    Position start = log.find(TOPIC).orElseThrow().position();
    append();
    InMemoryEventLog backup = log.backup();
    try (Feeds feeds = started()) {
      Entrance entrance = Reader.entrance(log, feeds);
      TopicStream stream = TopicStream.of(TOPIC, "reader", null);
      Entered entered = entrance.enter(stream, new From.At(start), false);
      append(); // of which this node has not heard
      assertThat(frames(entrance, entered)).hasSize(1);
      log.restore(backup);
      assertThat(frames(entrance, entered)).hasSize(1);
    }
  }

  private Feeds started() {
    return TestFeeds.started(
        log, new ScheduledBus().node(), TestFeeds.settings(false, true)); // no head check
  }

  private Head trimmed(long floor) {
    log.trim(log.find(TOPIC).orElseThrow().topicId(), floor, 10);
    return log.find(TOPIC).orElseThrow();
  }

  private static List<Frame> frames(Entrance entrance, Entered entered) {
    List<Frame> frames = entrance.frames(entered.feed(), entered.at().offset(), 1_000_000);
    assertThat(frames.getFirst().follows(entered.at())).isTrue();
    return frames;
  }

  /// A long poll that waited goes on from there, to the event that says that the topic goes. Where
  /// none does it may be undone, and so is the position.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tellsATopicThatWasDeletedFromOneThatIsNotThere(boolean told) {
    log.create(TOPIC);
    append();
    StreamRules rules = rules(true);
    FeedSettings byHand = TestFeeds.settings(false, true);
    try (Feeds feeds =
        new Feeds(log, new ScheduledBus().node(), rules, byHand, Clock.systemUTC())) {
      feeds.start();
      Snapshots snapshots =
          new Snapshots(log, _ -> "{}", TransactionOperations.withoutTransaction(), feeds);
      Entrance entrance = new Entrance(feeds, rules, snapshots);
      TopicStream stream = TopicStream.of(TOPIC, "reader", null);
      Entered entered = entrance.enter(stream, new From.Now(), false);
      if (told) {
        String large = "\"" + "x".repeat(60_000) + "\"";
        for (String data : List.of(large, large, large, "1")) { // of which this node has not heard
          log.appendAlone(TOPIC, List.of(NewEvent.of("last", data)));
        }
      }
      log.delete(TOPIC);
      if (told) {
        TopicFeed feed = entrance.goOn(stream, entered).feed();
        assertThat(entrance.frames(feed, entered.at().offset(), 1_000_000)).hasSize(4);
      } else {
        assertThatExceptionOfType(StreamProblem.class)
            .isThrownBy(() -> entrance.goOn(stream, entered))
            .extracting(StreamProblem::reason)
            .isEqualTo(Cause.LOST);
      }
      assertThatExceptionOfType(StreamProblem.class)
          .isThrownBy(() -> entrance.enter(stream, new From.At(entered.at()), false))
          .extracting(StreamProblem::reason)
          .isEqualTo(Cause.LOST);
    }
  }

  /// What was there when the request was authorized may be gone when the reader enters.
  @Test
  void makesNoTopicForWhoMayNotReadIt() {
    StreamRules closed = rules(false);
    try (Feeds feeds = TestFeeds.started(log, new ScheduledBus().node())) {
      Entrance entrance =
          new Entrance(
              feeds,
              closed,
              new Snapshots(log, _ -> "{}", TransactionOperations.withoutTransaction(), feeds));
      TopicStream stream = TopicStream.of(TOPIC, "reader", null);
      for (ThrowingCallable entering :
          List.<ThrowingCallable>of(
              () -> entrance.enter(stream, new From.Start(), false),
              () -> entrance.enter(stream, new From.Start(), true),
              () -> entrance.enter(stream, new From.Snapshot(), true),
              () -> entrance.enter(stream, new From.At(new Position(1, 2)), true),
              () -> entrance.snapshot(stream))) {
        assertThatExceptionOfType(StreamProblem.class)
            .isThrownBy(entering)
            .extracting(StreamProblem::reason)
            .isEqualTo(Cause.NO_ACCESS);
      }
      assertThat(log.find(TOPIC)).isEmpty();
    }
  }
}
