package io.plimsoll.subscriptions.feed;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.bus.FaultyBus;
import io.plimsoll.subscriptions.bus.FaultyBus.Faults;
import io.plimsoll.subscriptions.bus.InMemoryBus;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.EventLog.Appended;
import io.plimsoll.subscriptions.log.InMemoryEventLog;
import io.plimsoll.subscriptions.log.TestLog;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What each of the two repairs is good for: with both off events do get lost.
@Timeout(240)
class FeedFaultTests {

  private static final Topic TOPIC = new Topic("shelf", "a");
  private static final NewEvent EVENT = NewEvent.of("a", "1");
  private static final Duration A_WHILE = Duration.ofMillis(400);

  private final InMemoryEventLog log = new InMemoryEventLog(Clock.systemUTC());
  private final InMemoryBus.Wire wire = new InMemoryBus.Wire();

  private Feeds node(boolean headCheck, boolean holeRepair) {
    return TestFeeds.started(log, new InMemoryBus(wire), TestFeeds.settings(headCheck, holeRepair));
  }

  private static TopicFeed followed(Feeds feeds) {
    return followed(feeds, _ -> {});
  }

  private static TopicFeed followed(Feeds feeds, Consumer<String> ephemeral) {
    TopicFeed feed = feeds.join(TOPIC, true).orElseThrow().feed();
    feed.follow(
        new Follower() {
          @Override
          public void advanced() {}

          @Override
          public void voided() {}

          @Override
          public void ephemeral(String type, Instant time, String data) {
            ephemeral.accept(data);
          }
        });
    return feed;
  }

  private Appended append() {
    return log.appendAlone(TOPIC, List.of(EVENT));
  }

  private static void publish(Feeds from, Appended stored) {
    from.appended(stored.topicId(), stored.events());
  }

  @Test
  void losesEventsWithoutHeadCheckAndHoleRepair() {
    try (Feeds here = node(false, false);
        Feeds there = node(false, false)) {
      TopicFeed feed = followed(here);
      append(); // its publish is lost
      publish(there, append());

      Awaitility.await().during(A_WHILE).until(() -> feed.head().offset() == 0);
    }
  }

  @Test
  void losesTheLastEventWithoutHeadCheck() {
    try (Feeds here = node(false, true);
        Feeds there = node(false, true)) {
      TopicFeed feed = followed(here);
      append();
      Awaitility.await().during(A_WHILE).until(() -> feed.head().offset() == 0);

      // what comes next shows the hole
      publish(there, append());
      Awaitility.await().until(() -> feed.head().offset() == 2);
    }
  }

  @Test
  void losesNothingWithBoth() {
    try (Feeds here = node(true, true)) {
      TopicFeed feed = followed(here);
      for (int n = 1; n <= 20; n++) {
        append();
        int head = n;
        Awaitility.await().until(() -> feed.head().offset() == head);
      }
    }
  }

  @Test
  void aReadThatRunsOutOfMemoryIsRepeatedAndKeepsNobodyWaiting() {
    AtomicInteger failures = new AtomicInteger();
    EventLog poor =
        (EventLog)
            Proxy.newProxyInstance(
                EventLog.class.getClassLoader(),
                new Class<?>[] {EventLog.class},
                (_, method, arguments) -> {
                  if (method.getName().equals("read") && failures.getAndDecrement() > 0) {
                    throw new OutOfMemoryError("for a test");
                  }
                  return method.invoke(log, arguments);
                });
    try (Feeds here =
            TestFeeds.started(poor, new InMemoryBus(wire), TestFeeds.settings(false, true));
        Feeds there = node(false, true)) {
      TopicFeed feed = followed(here);
      append(); // its publish is lost
      failures.set(1);
      publish(there, append());
      Awaitility.await().until(() -> feed.head().offset() == 2);

      failures.set(1);
      assertThat(here.older(feed, 0))
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(OutOfMemoryError.class);
      assertThat(here.older(feed, 0)).succeedsWithin(Duration.ofSeconds(10));
    }
  }

  /// It fits the log that is left, and nothing that follows would tell that it is not of it.
  @Test
  void anEventThatWasUndoneWhileItWasUnderWayDoesNotStay() {
    TestLog restored = new TestLog(Clock.systemUTC());
    FeedSettings byHand = TestFeeds.settings(false, true);
    try (Feeds here = TestFeeds.started(restored, new InMemoryBus(wire), byHand);
        Feeds there = TestFeeds.started(restored, new InMemoryBus(wire), byHand)) {
      TopicFeed feed = followed(here);
      here.checker().check();
      InMemoryEventLog backup = restored.backup();
      Appended undone = restored.appendAlone(TOPIC, List.of(EVENT));
      restored.restore(backup);
      here.checker().check();
      assertThat(here.open(feed.id())).hasValue(feed);

      publish(there, undone);
      Awaitility.await().until(() -> feed.head().offset() == 1);
      here.checker().check();
      assertThat(here.open(feed.id())).isEmpty();
    }
  }

  /// The one before it was lost, and is still read when the log goes back to just after that.
  @Test
  void anEventThatWasUndoneWhileItWaitedForItsPredecessorIsNotTaken() {
    TestLog restored = new TestLog(Clock.systemUTC());
    FeedSettings byHand = TestFeeds.settings(false, true);
    try (Feeds here = TestFeeds.started(restored, new InMemoryBus(wire), byHand);
        Feeds there = TestFeeds.started(restored, new InMemoryBus(wire), byHand)) {
      TopicFeed feed = followed(here);
      restored.appendAlone(TOPIC, List.of(EVENT));
      InMemoryEventLog backup = restored.backup();
      Appended undone = restored.appendAlone(TOPIC, List.of(EVENT));
      restored.hold();
      publish(there, undone);
      Awaitility.await().until(() -> feed.toString().contains("reading"));
      restored.restore(backup);
      restored.release();
      Awaitility.await().until(() -> !feed.toString().contains("reading"));
      assertThat(feed.head().offset()).isEqualTo(1);
    }
  }

  @Test
  void whoFollowsADeletedTopicHearsOfItsEndThoughTheNameIsUsedAgain() {
    FeedSettings byHand = TestFeeds.settings(false, true);
    try (Feeds here = TestFeeds.started(log, new InMemoryBus(wire), byHand)) {
      TopicFeed former = followed(here);
      here.checker().check();
      append();
      log.delete(TOPIC);
      append();

      TopicFeed later = here.join(TOPIC, false).orElseThrow().feed();
      assertThat(later.id()).isNotEqualTo(former.id());
      assertThat(later.head().offset()).isEqualTo(1);
      assertThat(here.open(former.id())).hasValue(former);

      here.checker().check();
      Awaitility.await().until(() -> former.head().offset() == 1);
      assertThat(here.open(former.id())).hasValue(former);
    }
  }

  @Test
  void aFeedWhoseNameAndIdOthersHaveAfterARestoreIsVoid() {
    TestLog restored = new TestLog(Clock.systemUTC());
    FeedSettings byHand = TestFeeds.settings(false, true);
    Topic other = new Topic("shelf", "other");
    try (Feeds here = TestFeeds.started(restored, new InMemoryBus(wire), byHand)) {
      InMemoryEventLog backup = restored.backup();
      TopicFeed undone = followed(here);
      restored.restore(backup);
      restored.create(other);
      restored.create(TOPIC);

      TopicFeed named = here.join(TOPIC, false).orElseThrow().feed();
      TopicFeed numbered = here.join(other, false).orElseThrow().feed();
      assertThat(numbered.id()).isEqualTo(undone.id());
      assertThat(numbered.topic()).isEqualTo(other);
      assertThat(named.topic()).isEqualTo(TOPIC);
      assertThat(here.open(undone.id())).hasValue(numbered);
      assertThat(undone.touch()).isFalse();
    }
  }

  /// A node that knows the id from before a restored backup sends what is of another topic.
  @Test
  void ephemeralEventsReachTheTopicOfTheirNameOnly() {
    try (Feeds here = node(false, false);
        Feeds there = node(false, false)) {
      List<String> got = new CopyOnWriteArrayList<>();
      TopicFeed feed = followed(here, got::add);
      Topic other = new Topic("shelf", "other");
      for (Feeds from : List.of(here, there)) {
        from.ephemeral(feed.id(), other, "typing", "theirs");
        from.ephemeral(feed.id(), TOPIC, "typing", "ours");
      }
      Awaitility.await().until(() -> got.size() >= 2);
      assertThat(got).containsExactly("ours", "ours");
    }
  }

  @Test
  void manyThreadsOverABusThatMistreatsEverythingLeaveNoHole() throws Exception {
    int events = 4_000;
    Faults faults = new Faults(0.2, 0.2, 0.4, 0.1);
    List<Topic> topics = List.of(TOPIC, new Topic("shelf", "b"), new Topic("shelf", "c"));
    try (Feeds one = TestFeeds.started(log, new FaultyBus(new InMemoryBus(wire), faults));
        Feeds other = TestFeeds.started(log, new FaultyBus(new InMemoryBus(wire), faults))) {
      List<Chain> chains = new ArrayList<>();
      for (Feeds node : List.of(one, other)) {
        for (Topic topic : topics) {
          for (int i = 0; i < 3; i++) {
            chains.add(new Chain(node.join(topic, true).orElseThrow().feed()));
          }
        }
      }
      try (ExecutorService writers = Executors.newFixedThreadPool(6)) {
        for (int writer = 0; writer < 6; writer++) {
          Feeds node = writer % 2 == 0 ? one : other;
          Topic topic = topics.get(writer % 3);
          var _ =
              writers.submit(
                  () -> {
                    for (int n = 0; n < events / 2; n++) {
                      Appended stored = log.appendAlone(topic, List.of(EVENT));
                      node.appended(stored.topicId(), stored.events());
                    }
                  });
        }
      }
      for (Chain chain : chains) {
        Awaitility.await().until(() -> chain.feed.head().offset() == events);
        assertThat(chain.broken).isFalse();
      }
    }
  }

  /// Checks, each time it is told, that the frames in the ring follow one another.
  private static final class Chain implements Follower {

    private final TopicFeed feed;
    private volatile boolean broken;

    Chain(TopicFeed feed) {
      this.feed = feed;
      feed.follow(this);
    }

    @Override
    public void advanced() {
      List<Frame> frames = feed.newest(Math.max(0, feed.head().offset() - 4), 1 << 20);
      if (frames == null) {
        return; // it moved on
      }
      for (int i = 1; i < frames.size(); i++) {
        broken |= !frames.get(i).follows(frames.get(i - 1).position());
      }
    }

    @Override
    public void voided() {
      broken = true;
    }

    @Override
    public void ephemeral(String type, Instant time, String data) {}
  }
}
