package io.plimsoll.subscriptions.feed;

import io.plimsoll.subscriptions.bus.Bus;
import io.plimsoll.subscriptions.log.Changes;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.log.LogSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the log once per tick what has been committed since the last tick, so that an event whose
/// publication was lost is late by a tick at most.
///
/// A tick reads exactly the events whose transactions became visible between two snapshots of the
/// primary: its cost follows the events written, not the topics open. On start, after a failure,
/// when too much has changed, when the server is another or its transaction ids went back, and once
/// a minute, it compares the heads of all open topics instead. A snapshot becomes the base of the
/// next tick only after what it showed was applied.
///
/// Where the log may have gone back, a few ticks after that compare too: an event that was undone
/// may still be under way on the bus then, and fits the log that is left. One that is later yet
/// stays until the topic's next event, or until the minute is over.
public final class HeadChecker {

  /// More events than this in one tick: comparing heads is cheaper than listing them.
  private static final int MOST_CHANGES = 10_000;

  private static final int HEADS_AT_ONCE = 10_000;

  /// Ticks that compare after the log may have gone back.
  private static final int AFTERMATH = 10;

  private static final Logger logger = LoggerFactory.getLogger(HeadChecker.class);

  private final EventLog log;
  private final Feeds feeds;
  private final Bus bus;
  private final FeedSettings settings;
  private final LongAdder checks = new LongAdder();
  private final LongAdder comparisons = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private @Nullable LogSnapshot snapshot;

  /// Feeds whose first row was still being read at the last comparison: what that row shows may be
  /// older than the snapshot.
  private List<TopicFeed> unstarted = List.of();

  private long compared;
  private int aftermath;
  private boolean failing;
  private volatile boolean closed;
  private volatile @Nullable Thread thread;

  HeadChecker(EventLog log, Feeds feeds, Bus bus, FeedSettings settings) {
    this.log = log;
    this.feeds = feeds;
    this.bus = bus;
    this.settings = settings;
  }

  void start() {
    if (settings.headCheck()) {
      thread = Thread.ofVirtual().name("head-check").start(this::run);
    }
  }

  private void run() {
    while (!closed) {
      try {
        check();
        if (failing) {
          failing = false;
          logger.info("The log answers again");
        }
      } catch (RuntimeException | OutOfMemoryError e) {
        snapshot = null; // what was read may not have been applied, and the connection is another
        if (!failing && !closed) {
          failing = true;
          logger.warn("The log does not answer: {}", e.getMessage());
        }
      }
      try {
        Thread.sleep(
            bus.healthy() ? settings.headCheckInterval() : settings.headCheckIntervalWithoutBus());
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /// One tick.
  void check() {
    if (feeds.openFeeds() == 0) {
      snapshot = null; // the first feed starts with a comparison
      return;
    }
    long start = System.nanoTime();
    Changes changes = log.changesSince(snapshot, MOST_CHANGES);
    if (failing || wentBack(changes.snapshot())) {
      aftermath = AFTERMATH;
    }
    boolean due = aftermath > 0 || start - compared > settings.compareInterval().toNanos();
    if (snapshot == null || due || !changes.complete()) {
      comparisons.increment();
      compareAll(new ArrayList<>(feeds.open()));
      compared = start;
    } else {
      compareAll(unstarted);
      changes
          .events()
          .forEach(
              change ->
                  feeds
                      .open(change.topicId())
                      .ifPresent(feed -> feed.seen(change.offset(), change.tag())));
    }
    snapshot = changes.snapshot();
    aftermath = Math.max(0, aftermath - 1);
    checks.increment();
    nanos.add(System.nanoTime() - start);
  }

  private boolean wentBack(LogSnapshot now) {
    LogSnapshot last = snapshot;
    return last != null
        && (!last.incarnation().equals(now.incarnation()) || last.xmax() > now.xmax());
  }

  private void compareAll(List<TopicFeed> open) {
    unstarted = open.stream().filter(this::isStarting).toList();
    for (int from = 0; from < open.size(); from += HEADS_AT_ONCE) {
      compare(open.subList(from, Math.min(from + HEADS_AT_ONCE, open.size())));
    }
  }

  @SuppressWarnings("ReferenceEquality") // another feed of the topic is another
  private boolean isStarting(TopicFeed feed) {
    return feed.headOffset() < 0 && feeds.open(feed.id()).orElse(null) == feed;
  }

  private void compare(List<TopicFeed> open) {
    Map<Long, Long> stood = new HashMap<>();
    open.forEach(feed -> stood.put(feed.id(), feed.headOffset()));
    Set<Long> gone = new HashSet<>(stood.keySet());
    for (Head row : log.heads(stood.keySet())) {
      gone.remove(row.topicId());
      long atLeast = stood.getOrDefault(row.topicId(), -1L);
      feeds
          .open(row.topicId())
          .filter(feed -> feed.headOffset() >= 0)
          .ifPresent(feed -> feed.forget(feed.reach(row, atLeast)));
    }
    gone.forEach(id -> feeds.open(id).ifPresent(TopicFeed::makeVoid));
  }

  /// Ticks so far.
  public long checks() {
    return checks.sum();
  }

  /// Ticks that compared the heads of all open topics.
  public long comparisons() {
    return comparisons.sum();
  }

  /// Nanoseconds spent in ticks.
  public long nanos() {
    return nanos.sum();
  }

  void close() {
    closed = true;
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
  }
}
