package io.plimsoll.subscriptions.stream;

import io.netty.channel.EventLoop;
import io.plimsoll.subscriptions.StreamListener;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.LogUnavailableException;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// The event streams that are open on this node: how many, whose, and how they end together.
///
/// Stops before the web server does, so that every stream gets its `end` event and its clients come
/// back to another node, spread over the drain's time.
public final class OpenStreams implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(OpenStreams.class);

  private final Feeds feeds;
  private final Entrance entrance;
  private final StreamListener listener;
  private final StreamSettings settings;
  private final Clock clock;
  private final ConcurrentMap<EventLoop, StreamLoop> loops = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger open = new AtomicInteger();

  /// By identity, and whose they are.
  @SuppressWarnings("UndefinedEquals") // a future equals itself only
  private final Map<CompletableFuture<Void>, String> polls = new ConcurrentHashMap<>();

  private final Watches watches;

  private final Map<String, Integer> bySubscriber = new HashMap<>();
  private final ConcurrentMap<TopicStreamer, Integer> byTopic = new ConcurrentHashMap<>();
  private final ConcurrentMap<TopicStreamer, CompletableFuture<Void>> told =
      new ConcurrentHashMap<>();
  private final LongAdder delivered = new LongAdder();
  private final Map<Ending, LongAdder> ended = new EnumMap<>(Ending.class);
  private volatile boolean draining;
  private volatile boolean running;

  public OpenStreams(
      Feeds feeds,
      Entrance entrance,
      StreamListener listener,
      StreamSettings settings,
      Clock clock) {
    this.feeds = feeds;
    this.entrance = entrance;
    this.listener = listener;
    this.settings = settings;
    this.clock = clock;
    watches = new Watches(feeds, entrance, entrance.rules(), this);
    for (Ending ending : Ending.values()) {
      ended.put(ending, new LongAdder());
    }
  }

  Feeds feeds() {
    return feeds;
  }

  Entrance entrance() {
    return entrance;
  }

  StreamSettings settings() {
    return settings;
  }

  Clock clock() {
    return clock;
  }

  long epochSecond() {
    return clock.instant().getEpochSecond();
  }

  StreamLoop loop(EventLoop loop) {
    return loops.computeIfAbsent(loop, each -> new StreamLoop(each, this));
  }

  long retryMillis() {
    return ThreadLocalRandom.current()
        .nextLong(settings.minRetry().toMillis(), settings.maxRetry().toMillis() + 1);
  }

  /// Runs something that blocks.
  void ask(Runnable question, Runnable failed) {
    threads.execute(
        () -> {
          try {
            question.run();
          } catch (RuntimeException e) {
            log.debug("Not answered", e);
            failed.run();
          }
        });
  }

  /// Takes a place for a stream, which [#closed] gives back.
  void admit(TopicStream stream) {
    if (draining) {
      throw new StreamProblem(Cause.DRAINING, "this node is stopping");
    }
    takePlace(stream);
    TopicStreamer streamer = new TopicStreamer(stream.topic(), stream.subscriber());
    byTopic.compute(
        streamer,
        (_, count) -> {
          if (count == null) {
            tell(streamer, () -> listener.opened(streamer.topic, streamer.subscriber));
          }
          return count == null ? 1 : count + 1;
        });
  }

  private void takePlace(TopicStream stream) {
    synchronized (bySubscriber) {
      int own = bySubscriber.getOrDefault(stream.subscriber(), 0);
      if (own >= settings.maxStreamsPerSubscriber() || open.get() >= settings.maxStreams()) {
        throw new StreamProblem(
            Cause.TOO_MANY_STREAMS,
            "open streams: " + own + " of yours (expected: to close one, or to come back later)");
      }
      bySubscriber.put(stream.subscriber(), own + 1);
      open.incrementAndGet();
    }
    try {
      watches.begin(stream.subscriber());
    } catch (LogUnavailableException e) {
      givePlace(stream);
      throw new StreamProblem(Cause.UNAVAILABLE, "the event log does not answer", e);
    }
  }

  private void leavePlace(TopicStream stream) {
    watches.end(stream.subscriber());
    givePlace(stream);
  }

  private void givePlace(TopicStream stream) {
    synchronized (bySubscriber) {
      bySubscriber.computeIfPresent(
          stream.subscriber(), (_, count) -> count == 1 ? null : count - 1);
      open.decrementAndGet();
    }
  }

  /// Milliseconds until the caller's authentication ends; 0 once it has.
  long millisLeft(TopicStream stream) {
    Instant until = stream.until();
    return until == null ? Long.MAX_VALUE : Math.max(0, until.toEpochMilli() - clock.millis());
  }

  /// Waits as a long poll does, in a place of its own, until this completes, the poll's time or the
  /// caller's is over or the node stops.
  ///
  /// @return whether access has to be asked for again
  @SuppressWarnings("UndefinedEquals") // a future equals itself only
  boolean await(TopicStream stream, CompletableFuture<Void> news) {
    takePlace(stream);
    polls.put(news, stream.subscriber());
    try {
      var _ = stream.enter(); // not at the end: whoever is gone by then has not come again
      if (watches.suspects(stream.subscriber())) {
        entrance.mustRead(stream);
      }
      if (!draining) {
        long wait = settings.longPoll().toMillis();
        news.get(Math.min(wait, millisLeft(stream)), TimeUnit.MILLISECONDS);
      }
    } catch (TimeoutException | ExecutionException _) {
      // nothing new, or the feed is void: the caller looks
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      polls.remove(news);
      leavePlace(stream);
    }
    return watches.suspects(stream.subscriber());
  }

  /// Whether somebody may have lost access while this stream was about to open.
  boolean suspects(TopicStream stream) {
    return watches.suspects(stream.subscriber());
  }

  /// Has the access of these subscribers asked for again, by all that is open.
  void review(Predicate<String> whose) {
    loops.values().forEach(loop -> loop.execute(() -> loop.review(whose)));
    polls.forEach(
        (news, subscriber) -> {
          if (whose.test(subscriber)) {
            news.complete(null);
          }
        });
  }

  void closed(TopicStream stream) {
    leavePlace(stream);
    TopicStreamer streamer = new TopicStreamer(stream.topic(), stream.subscriber());
    byTopic.computeIfPresent(
        streamer,
        (_, count) -> {
          if (count == 1) {
            tell(streamer, () -> listener.closed(streamer.topic, streamer.subscriber));
            return null;
          }
          return count - 1;
        });
  }

  void caughtUp(TopicStream stream) {
    TopicStreamer streamer = new TopicStreamer(stream.topic(), stream.subscriber());
    tell(streamer, () -> listener.caughtUp(streamer.topic, streamer.subscriber));
  }

  /// One after the other for the same topic and subscriber.
  private void tell(TopicStreamer streamer, Runnable news) {
    if (listener == NOBODY) {
      return;
    }
    told.compute(
        streamer,
        (key, before) -> {
          CompletableFuture<Void> start =
              before == null ? CompletableFuture.completedFuture(null) : before;
          CompletableFuture<Void> done =
              start.handleAsync(
                  (_, _) -> {
                    try {
                      news.run();
                    } catch (RuntimeException e) {
                      log.warn("The stream listener failed", e);
                    }
                    return null;
                  },
                  threads);
          var _ = done.whenComplete((_, _) -> threads.execute(() -> told.remove(key, done)));
          return done;
        });
  }

  /// A listener that wants to hear nothing.
  public static final StreamListener NOBODY =
      new StreamListener() {
        @Override
        public void opened(Topic topic, String subscriber) {}

        @Override
        public void closed(Topic topic, String subscriber) {}
      };

  void delivered(int events) {
    delivered.add(events);
  }

  void count(Ending ending) {
    adder(ending).increment();
  }

  /// Streams that this node ended for this reason.
  public long ended(Ending ending) {
    return adder(ending).sum();
  }

  private LongAdder adder(Ending ending) {
    return Objects.requireNonNull(ended.get(ending));
  }

  /// Open event streams and waiting long polls.
  public int open() {
    return open.get();
  }

  /// Events written to event streams.
  public long deliveries() {
    return delivered.sum();
  }

  boolean draining() {
    return draining;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    draining = true;
    polls.keySet().forEach(poll -> poll.complete(null));
    long millis = settings.drain().toMillis();
    loops.values().forEach(loop -> loop.execute(() -> loop.drain(millis)));
    long deadline = System.nanoTime() + settings.drain().plus(Duration.ofSeconds(2)).toNanos();
    try {
      while (open.get() > 0 && System.nanoTime() < deadline) {
        Thread.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /// Last to start and first to stop.
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }

  private record TopicStreamer(Topic topic, String subscriber) {}
}
