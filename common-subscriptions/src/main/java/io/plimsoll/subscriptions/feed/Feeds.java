package io.plimsoll.subscriptions.feed;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.append.Delivery;
import io.plimsoll.subscriptions.bus.Bus;
import io.plimsoll.subscriptions.bus.BusMessage;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.log.Page;
import io.plimsoll.subscriptions.log.StoredEvent;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The feeds of this node: who joins a topic, what the bus and this node's own appends bring, and
/// the older frames in between.
public final class Feeds implements Delivery, Bus.Receiver, AutoCloseable {

  private static final Duration RETRY = Duration.ofMillis(250);

  /// log2 of the events in a segment: 128 events of a few hundred bytes are one cheap range read.
  private static final int SEGMENT_BITS = 7;

  private static final Logger logger = LoggerFactory.getLogger(Feeds.class);

  private final EventLog log;
  private final Bus bus;
  private final StreamRules rules;
  private final FeedSettings settings;
  private final Clock clock;
  private final Duration retry;
  private final ConcurrentMap<Long, TopicFeed> byId = new ConcurrentHashMap<>();
  private final ConcurrentMap<Topic, TopicFeed> byName = new ConcurrentHashMap<>();
  private final AsyncCache<SegmentKey, Segment> segments;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore reading;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("feeds-timer").factory());
  private final SingleFlight<Topic, Optional<Head>> heads;
  private final HeadChecker checker;
  private final long origin = new SecureRandom().nextLong();
  private final AtomicLong ringBytes = new AtomicLong();
  private final LongAdder reads = new LongAdder();
  private final LongAdder repairs = new LongAdder();
  private final LongAdder voids = new LongAdder();

  public Feeds(EventLog log, Bus bus, StreamRules rules, FeedSettings settings, Clock clock) {
    this(log, bus, rules, settings, clock, RETRY);
  }

  /// A node's feeds, with a pause before a failed read of the log is repeated.
  Feeds(
      EventLog log,
      Bus bus,
      StreamRules rules,
      FeedSettings settings,
      Clock clock,
      Duration retry) {
    this.log = log;
    this.retry = retry;
    this.bus = bus;
    this.rules = rules;
    this.settings = settings;
    this.clock = clock;
    reading = new Semaphore(settings.logReads());
    segments =
        Caffeine.newBuilder()
            .maximumWeight(settings.segmentsBytes())
            .weigher((SegmentKey _, Segment segment) -> segment.weight())
            .expireAfterAccess(Duration.ofMinutes(1))
            .buildAsync();
    heads = new SingleFlight<>(this::read, log::find);
    checker = new HeadChecker(log, this, bus, settings);
  }

  public void start() {
    bus.start(this);
    checker.start();
    long sweep = Math.max(1, settings.linger().toMillis() / 4);
    var _ = timer.scheduleWithFixedDelay(this::sweep, sweep, sweep, TimeUnit.MILLISECONDS);
  }

  /// The topic's feed, which has reached the head that the primary showed after this call; makes
  /// the topic if told so. Waits for the log; call it on a virtual thread.
  ///
  /// @return empty if there is no such topic
  /// @throws LogUnavailableException if the log does not answer in time
  public Optional<Joined> join(Topic topic, boolean create) {
    long deadline = System.nanoTime() + settings.joinTimeout().toNanos();
    while (true) {
      TopicFeed feed = byName.get(topic);
      if (feed == null) {
        Optional<Head> found = await(heads.get(topic), deadline);
        if (found.isEmpty()) {
          if (!create) {
            return Optional.empty();
          }
          create(topic);
          continue;
        }
        feed = register(topic, found.get().topicId());
        if (!feed.topic().equals(topic)) {
          feed.makeVoid(); // in a history that was undone the id was another topic's
          continue;
        }
      }
      if (!feed.touch()) {
        byName.remove(topic, feed);
        forget(feed);
        continue;
      }
      long atLeast = feed.headOffset();
      Optional<Head> row = await(heads.get(topic), deadline);
      if (row.isEmpty() || row.get().topicId() != feed.id()) {
        leave(feed);
        continue;
      }
      CompletableFuture<Void> reached = feed.reach(row.get(), atLeast);
      try {
        await(reached, deadline);
        return Optional.of(new Joined(feed, row.get()));
      } catch (FeedVoidException _) {
        // once more, with the feed that takes its place
      } finally {
        feed.forget(reached);
      }
    }
  }

  /// A joined feed and the topic's row, read after the call to [#join] began.
  public record Joined(TopicFeed feed, Head head) {}

  private void create(Topic topic) {
    try {
      log.create(topic);
    } catch (RuntimeException e) {
      throw new LogUnavailableException(e);
    }
  }

  private static <T> T await(CompletableFuture<T> future, long deadline) {
    try {
      return future.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof FeedVoidException voided) {
        throw voided;
      }
      throw new LogUnavailableException(e.getCause());
    } catch (TimeoutException e) {
      throw new LogUnavailableException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LogUnavailableException(e);
    }
  }

  /// The name is nobody's now, or another's. Who follows this feed goes on with it, by its id: to
  /// the event that tells of the topic's end, or until the head check finds it undone.
  private void leave(TopicFeed feed) {
    byName.remove(feed.topic(), feed);
    if (feed.headOffset() < 0) {
      feed.makeVoid(); // nobody follows it, and the row that would start it may be another's
    }
  }

  /// The feed of this topic id, registered with the bus and with the head checker.
  private TopicFeed register(Topic topic, long id) {
    TopicFeed feed =
        byId.computeIfAbsent(
            id,
            _ -> {
              bus.subscribe(id);
              return new TopicFeed(id, topic, this);
            });
    byName.put(topic, feed);
    return feed;
  }

  void dropVoid(TopicFeed feed) {
    byName.remove(feed.topic(), feed);
    if (forget(feed)) {
      voids.increment();
      logger.info("The log of topic {} went back or is gone; verifying its subscribers", feed.id());
    }
  }

  private boolean forget(TopicFeed feed) {
    boolean[] was = new boolean[1];
    // under the entry's lock, so that the bus sees this before a new feed's subscription
    byId.computeIfPresent(
        feed.id(),
        (id, current) -> {
          if (current != feed) {
            return current;
          }
          was[0] = true;
          bus.unsubscribe(id);
          return null;
        });
    return was[0];
  }

  private void sweep() {
    long before = nanoTime() - settings.linger().toNanos();
    for (TopicFeed feed : byId.values()) {
      if (feed.closeIfIdle(before)) {
        byName.remove(feed.topic(), feed);
        forget(feed);
      }
    }
  }

  @Override
  public void appended(long topicId, List<StoredEvent> events) {
    TopicFeed feed = byId.get(topicId);
    if (feed != null) {
      feed.offer(events);
    }
    bus.publish(topicId, new BusMessage.Stored(events).encode());
  }

  @Override
  public long undone() {
    return voids();
  }

  @Override
  public void ephemeral(long topicId, Topic topic, String type, String data) {
    Instant time = clock.instant();
    TopicFeed feed = byId.get(topicId);
    if (feed != null) {
      feed.offerEphemeral(topic, type, time, data);
    }
    bus.publish(topicId, new BusMessage.Ephemeral(origin, topic, type, time, data).encode());
  }

  @Override
  public void received(long topicId, byte[] message) {
    TopicFeed feed = byId.get(topicId);
    if (feed == null) {
      return;
    }
    switch (BusMessage.decode(message).orElse(null)) {
      case null -> logger.debug("Not a message: {} bytes", message.length);
      case BusMessage.Stored(List<StoredEvent> events) -> feed.offer(events);
      case BusMessage.Ephemeral(var from, var topic, var type, var time, var data) -> {
        if (from != origin) {
          feed.offerEphemeral(topic, type, time, data);
        }
      }
    }
  }

  /// The segment that holds the frames after this offset, if it is at hand or once it is read.
  public CompletableFuture<Segment> older(TopicFeed feed, long after) {
    SegmentKey key = new SegmentKey(feed, after >> SEGMENT_BITS);
    CompletableFuture<Segment> held = segments.getIfPresent(key);
    if (held != null && held.isDone() && !holdsMore(held, after)) {
      segments.asMap().remove(key, held); // it was the last one when it was read
    }
    return segments.get(
        key,
        (_, _) -> {
          CompletableFuture<Segment> segment = new CompletableFuture<>();
          read(
              () -> {
                try {
                  segment.complete(load(key));
                } catch (RuntimeException | OutOfMemoryError e) { // its readers must not wait on
                  readFailed(feed.topic(), e);
                  segment.completeExceptionally(e);
                }
              });
          return segment;
        });
  }

  private static boolean holdsMore(CompletableFuture<Segment> held, long after) {
    return !held.isCompletedExceptionally() && held.join().reaches(after + 1);
  }

  private Segment load(SegmentKey key) {
    TopicFeed feed = key.feed;
    while (true) {
      long atLeast = feed.headOffset();
      Optional<Page> page = page(feed.id(), key.index << SEGMENT_BITS, 1 << SEGMENT_BITS);
      if (page.isEmpty() || page.get().head().offset() < atLeast) {
        feed.makeVoid();
        return new Segment(List.of());
      }
      // a read that began before a redaction we know of may show the old data
      if (page.get().head().offset() >= feed.lastRedaction()) {
        // what the feed has not reached may be undone before it does
        return new Segment(
            page.get().events().stream()
                .filter(event -> event.offset() <= atLeast)
                .map(event -> Frame.of(feed.topic(), event, rules))
                .toList());
      }
    }
  }

  /// Asks the primary about a position that does not fit the feed's frames. If the log has it, the
  /// frames are of a history that was undone, and the feed is void.
  ///
  /// @return whether the log has it: join again
  public boolean contradicts(TopicFeed feed, Position at) {
    Optional<Page> page;
    reading.acquireUninterruptibly();
    try {
      page = page(feed.id(), at.offset(), 1);
    } catch (RuntimeException e) {
      throw new LogUnavailableException(e);
    } finally {
      reading.release();
    }
    boolean held =
        page.isPresent()
            && at.offset() >= page.get().head().floor() - 1
            && page.get().afterTag() == at.tag();
    if (held) {
      feed.makeVoid();
    }
    return held;
  }

  /// Brings the feed, whatever the topic's name leads to by now, to the head that the primary
  /// shows. Waits for the log.
  ///
  /// @return false if the log has no longer what it holds
  /// @throws LogUnavailableException if the log does not answer in time
  public boolean reachByItself(TopicFeed feed) {
    long deadline = System.nanoTime() + settings.joinTimeout().toNanos();
    long atLeast = feed.headOffset();
    List<Head> rows;
    reading.acquireUninterruptibly();
    try {
      rows = log.heads(List.of(feed.id()));
    } catch (RuntimeException e) {
      throw new LogUnavailableException(e);
    } finally {
      reading.release();
    }
    if (rows.isEmpty()) {
      feed.makeVoid();
      return false;
    }
    CompletableFuture<Void> reached = feed.reach(rows.getFirst(), atLeast);
    try {
      await(reached, deadline);
      return true;
    } catch (FeedVoidException _) {
      return false;
    } finally {
      feed.forget(reached);
    }
  }

  void forgetSegment(TopicFeed feed, long offset) {
    segments.asMap().remove(new SegmentKey(feed, (offset - 1) >> SEGMENT_BITS));
  }

  void forgetSegments(TopicFeed feed) {
    segments.asMap().keySet().removeIf(key -> key.feed == feed);
  }

  Optional<Page> page(long topicId, long after, int limit) {
    reads.increment();
    return log.read(topicId, after, limit);
  }

  void readFailed(Topic topic, Throwable e) {
    logger.debug("The log of {} could not be read", topic.kind(), e);
  }

  /// Runs a read of the log on a virtual thread, a few at a time.
  public void read(Runnable read) {
    try {
      threads.execute(
          () -> {
            reading.acquireUninterruptibly();
            try {
              read.run();
            } finally {
              reading.release();
            }
          });
    } catch (RejectedExecutionException e) {
      logger.trace("Closing", e);
    }
  }

  void later(Duration pause, Runnable task) {
    try {
      var _ = timer.schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      logger.trace("Closing", e);
    }
  }

  Collection<TopicFeed> open() {
    return byId.values();
  }

  Optional<TopicFeed> open(long topicId) {
    return Optional.ofNullable(byId.get(topicId));
  }

  StreamRules rules() {
    return rules;
  }

  Duration retry() {
    return retry;
  }

  FeedSettings settings() {
    return settings;
  }

  long nanoTime() {
    return System.nanoTime();
  }

  void held(int weight) {
    ringBytes.addAndGet(weight);
  }

  boolean holdsTooMuch() {
    return ringBytes.get() > settings.ringsBytes();
  }

  void repaired() {
    repairs.increment();
  }

  public int openFeeds() {
    return byId.size();
  }

  /// Bytes in all rings.
  public long ringBytes() {
    return ringBytes.get();
  }

  /// Reads of events from the log, by feeds and pages.
  public long logReads() {
    return reads.sum();
  }

  public long repairs() {
    return repairs.sum();
  }

  public long voids() {
    return voids.sum();
  }

  public HeadChecker checker() {
    return checker;
  }

  @Override
  public void close() {
    checker.close();
    timer.shutdownNow();
    bus.close();
    threads.shutdownNow();
  }

  /// Consecutive older frames of a topic.
  public record Segment(List<Frame> frames) {

    public Segment {
      frames = List.copyOf(frames);
    }

    /// The frames after this offset; empty if the segment ends before.
    public List<Frame> after(long offset) {
      if (frames.isEmpty() || frames.getLast().offset() <= offset) {
        return List.of();
      }
      long skipped = Math.max(0, offset + 1 - frames.getFirst().offset());
      return frames.subList((int) skipped, frames.size());
    }

    boolean reaches(long offset) {
      return !frames.isEmpty() && frames.getLast().offset() >= offset;
    }

    int weight() {
      return 64 + frames.stream().mapToInt(Frame::weight).sum();
    }
  }

  private record SegmentKey(TopicFeed feed, long index) {}
}
