package io.plimsoll.subscriptions.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.bus.ScheduledBus;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.Frame;
import io.plimsoll.subscriptions.feed.TestFeeds;
import io.plimsoll.subscriptions.log.EventLog.Appended;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.log.InMemoryEventLog;
import io.plimsoll.subscriptions.log.StoredEvent;
import io.plimsoll.subscriptions.log.TestLog;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import org.awaitility.Awaitility;

/// Whatever happens, and in whatever order: every reader gets each committed event once and in
/// order, or its position has been undone (or has fallen below the floor) and it is reset.
///
/// Two nodes follow one topic over a bus that loses, doubles, delays and reorders what it carries,
/// and a log whose reads fail and which goes back to backups. jqwik draws the schedule; the threads
/// of the nodes run as they like, so a seed repeats the schedule but not the interleaving.
class FeedPropertyTests {

  private static final Topic TOPIC = new Topic("shelf", "a");

  enum Action {
    APPEND_HERE,
    APPEND_THERE,
    APPEND_SEVERAL,
    APPEND_UNHEARD,
    DELIVER,
    DELIVER_AGAIN,
    LOSE,
    FAIL_READS,
    REDACT,
    TRIM,
    BACKUP,
    RESTORE,
    JOIN_AT_HEAD,
    JOIN_AT_FLOOR,
    JOIN_AGAIN,
    PAUSE
  }

  @Provide
  Arbitrary<List<Action>> schedules() {
    return Arbitraries.frequency(
            Tuple.of(6, Action.APPEND_HERE),
            Tuple.of(6, Action.APPEND_THERE),
            Tuple.of(2, Action.APPEND_SEVERAL),
            Tuple.of(3, Action.APPEND_UNHEARD),
            Tuple.of(10, Action.DELIVER),
            Tuple.of(3, Action.DELIVER_AGAIN),
            Tuple.of(3, Action.LOSE),
            Tuple.of(2, Action.FAIL_READS),
            Tuple.of(2, Action.REDACT),
            Tuple.of(1, Action.TRIM),
            Tuple.of(2, Action.BACKUP),
            Tuple.of(1, Action.RESTORE),
            Tuple.of(2, Action.JOIN_AT_HEAD),
            Tuple.of(2, Action.JOIN_AT_FLOOR),
            Tuple.of(2, Action.JOIN_AGAIN),
            Tuple.of(4, Action.PAUSE))
        .list()
        .ofMinSize(5)
        .ofMaxSize(120);
  }

  @Property(tries = 150, shrinking = ShrinkingMode.BOUNDED)
  void everyReaderGetsEachEventOnceInOrderOrIsResetBecauseItHadTo(
      @ForAll("schedules") List<Action> schedule, @ForAll long seed) {
    happens(schedule, seed);
  }

  /// Few events, whose frames are in no ring, in a log that is trimmed, and goes back, all the
  /// time.
  @Provide
  Arbitrary<List<Action>> restores() {
    return Arbitraries.frequency(
            Tuple.of(4, Action.TRIM),
            Tuple.of(2, Action.BACKUP),
            Tuple.of(4, Action.RESTORE),
            Tuple.of(1, Action.APPEND_UNHEARD),
            Tuple.of(1, Action.REDACT),
            Tuple.of(4, Action.JOIN_AT_FLOOR),
            Tuple.of(4, Action.JOIN_AGAIN),
            Tuple.of(1, Action.FAIL_READS),
            Tuple.of(8, Action.PAUSE))
        .list()
        .ofMinSize(5)
        .ofMaxSize(60)
        .map(
            schedule -> {
              List<Action> all =
                  new ArrayList<>(List.of(Action.APPEND_SEVERAL, Action.REDACT, Action.BACKUP));
              all.addAll(schedule);
              return all;
            });
  }

  @Property(tries = 100, shrinking = ShrinkingMode.BOUNDED)
  void whatWasReadOfALogThatWentBackHoldsUpNoReader(
      @ForAll("restores") List<Action> schedule, @ForAll long seed) {
    happens(schedule, seed);
  }

  private static void happens(List<Action> schedule, long seed) {
    try (World world = new World(new Random(seed))) {
      world.join(0);
      world.join(1);
      schedule.forEach(world::act);
      world.comesToRest();
    }
  }

  /// Two nodes, their readers, and all that befalls them.
  private static final class World implements AutoCloseable {

    private final Random random;
    private final TestLog log = new TestLog(Clock.systemUTC());
    private final ScheduledBus bus = new ScheduledBus();
    private final List<Feeds> nodes =
        List.of(TestFeeds.comparing(log, bus.node()), TestFeeds.comparing(log, bus.node()));
    private final List<Entrance> entrances =
        nodes.stream().map(feeds -> Reader.entrance(log, feeds)).toList();
    private final List<Reader> readers = new ArrayList<>();
    private final AtomicInteger failures = new AtomicInteger();

    /// Positions that a restore or a trim has taken away.
    private final Set<Position> gone = new HashSet<>();

    private final List<Position> given = new ArrayList<>();
    private InMemoryEventLog backup;
    private int appended;

    World(Random random) {
      this.random = random;
      log.failReads(() -> failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0);
      log.create(TOPIC);
      backup = log.backup();
      given.add(head().position());
    }

    void act(Action action) {
      switch (action) {
        case APPEND_HERE -> append(0, 1);
        case APPEND_THERE -> append(1, 1);
        case APPEND_SEVERAL -> append(random.nextInt(2), 2 + random.nextInt(12));
        // a node that died between commit and publish
        case APPEND_UNHEARD -> stored(1);
        case DELIVER -> bus.deliverOne(random, false);
        case DELIVER_AGAIN -> bus.deliverOne(random, true);
        case LOSE -> bus.loseOne(random);
        case FAIL_READS -> failures.set(1 + random.nextInt(3));
        case REDACT -> redact();
        case TRIM -> trim();
        case BACKUP -> backup = log.backup();
        case RESTORE -> restore();
        case JOIN_AT_HEAD -> join(random.nextInt(2), head().position());
        case JOIN_AT_FLOOR -> join(random.nextInt(2));
        case JOIN_AGAIN -> join(random.nextInt(2), given.get(random.nextInt(given.size())));
        case PAUSE -> LockSupport.parkNanos(random.nextInt(3_000_000)); // a tick or none
      }
    }

    private Head head() {
      return quietly(() -> log.find(TOPIC).orElseThrow());
    }

    /// For the test's own reads, which do not fail.
    private <T> T quietly(Supplier<T> read) {
      int due = failures.getAndSet(0);
      try {
        return read.get();
      } finally {
        failures.set(due);
      }
    }

    private Appended stored(int events) {
      List<NewEvent> batch = new ArrayList<>();
      for (int i = 0; i < events; i++) {
        batch.add(NewEvent.of("a", Integer.toString(++appended)));
      }
      Appended stored = log.appendAlone(TOPIC, batch);
      stored.events().forEach(event -> given.add(event.event().position()));
      return stored;
    }

    private void append(int node, int events) {
      Appended stored = stored(events);
      nodes.get(node).appended(stored.topicId(), stored.events());
    }

    private void redact() {
      long head = head().offset();
      if (head > 0) {
        Appended stored =
            log.redact(
                TOPIC,
                List.of(1 + random.nextLong(head)),
                "\"redacted\"",
                NewEvent.of("redacted", "0"));
        stored.events().forEach(event -> given.add(event.event().position()));
        nodes.get(random.nextInt(2)).appended(stored.topicId(), stored.events());
      }
    }

    private void trim() {
      Head head = head();
      long floor = head.floor() + random.nextLong(head.offset() - head.floor() + 2);
      for (Position position : given) {
        if (position.offset() < floor - 1) {
          gone.add(position);
        }
      }
      log.trim(head.topicId(), floor, 1_000);
    }

    private void restore() {
      log.restore(backup);
      Set<Position> kept = new HashSet<>();
      Head head = head();
      kept.add(head.position());
      kept.add(new Position(head.floor() - 1, head.floorTag()));
      events().forEach(event -> kept.add(event.event().position()));
      given.stream().filter(position -> !kept.contains(position)).forEach(gone::add);
    }

    private List<StoredEvent> events() {
      return quietly(
          () -> log.read(head().topicId(), 0, Integer.MAX_VALUE - 1).orElseThrow().events());
    }

    void join(int node) {
      Head head = head();
      join(node, new Position(head.floor() - 1, head.floorTag()));
    }

    private void join(int node, Position from) {
      if (readers.size() < 20) {
        readers.add(new Reader(entrances.get(node), TOPIC, from));
      }
    }

    void comesToRest() {
      failures.set(0);
      bus.loseAll();
      Position head = head().position();
      for (Reader reader : readers) {
        Awaitility.await()
            .pollInterval(Duration.ofMillis(2))
            .untilAsserted(
                () -> {
                  assertThat(reader.failure()).isNull();
                  assertThat(reader.at()).as("%s", reader).isEqualTo(head);
                });
        check(reader);
      }
    }

    private void check(Reader reader) {
      assertThat(gone).as("positions that are gone").containsAll(reader.lost());
      Position previous = reader.start();
      for (Frame frame : reader.seen()) {
        assertThat(frame.follows(previous)).as("%s after %s", frame.position(), previous).isTrue();
        previous = frame.position();
      }
      Set<Position> seen = new HashSet<>();
      reader.seen().forEach(frame -> seen.add(frame.position()));
      assertThat(seen).hasSize(reader.seen().size());
      for (StoredEvent event : events()) {
        if (event.offset() > reader.start().offset()) {
          assertThat(seen).contains(event.event().position());
        }
      }
    }

    @Override
    public void close() {
      readers.forEach(Reader::close);
      nodes.forEach(Feeds::close);
    }
  }
}
