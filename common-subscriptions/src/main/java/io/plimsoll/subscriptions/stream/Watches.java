package io.plimsoll.subscriptions.stream;

import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.StreamRules.Ends;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.Feeds.Joined;
import io.plimsoll.subscriptions.feed.Follower;
import io.plimsoll.subscriptions.feed.Frame;
import io.plimsoll.subscriptions.feed.LogUnavailableException;
import io.plimsoll.subscriptions.feed.TopicFeed;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Follows the topics whose events may end streams of other topics ([StreamRules#watched]), while
/// somebody concerned has a stream open on this node. Being events of the log they come to every
/// node, with the bus or without.
final class Watches {

  /// Longer than a request takes from its authorization to its stream.
  private static final Duration RECENT = Duration.ofSeconds(10);

  private static final int BYTES = 64 << 10;
  private static final long RETRY_MILLIS = 500;

  private final Feeds feeds;
  private final Entrance entrance;
  private final StreamRules rules;
  private final OpenStreams streams;
  private final ConcurrentMap<Topic, Watch> watches = new ConcurrentHashMap<>();

  /// Whom an event has named lately, and when.
  private final Map<String, Long> named = new ConcurrentHashMap<>();

  Watches(Feeds feeds, Entrance entrance, StreamRules rules, OpenStreams streams) {
    this.feeds = feeds;
    this.entrance = entrance;
    this.rules = rules;
    this.streams = streams;
  }

  /// Watches for a stream, until [#end]. Blocks.
  ///
  /// @throws LogUnavailableException if the log does not answer; then nothing is to be ended
  void begin(String subscriber) {
    Topic topic = rules.watched(subscriber);
    if (topic == null) {
      return;
    }
    Watch watch =
        watches.compute(
            topic,
            (_, known) -> {
              Watch each = known == null ? new Watch(topic) : known;
              each.count++;
              return each;
            });
    try {
      watch.start();
    } catch (LogUnavailableException e) {
      end(subscriber);
      throw e;
    }
  }

  void end(String subscriber) {
    Topic topic = rules.watched(subscriber);
    if (topic != null) {
      watches.computeIfPresent(
          topic,
          (_, watch) -> {
            if (--watch.count > 0) {
              return watch;
            }
            streams.ask(watch::stop, () -> {});
            return null;
          });
    }
  }

  /// Whether an event may have passed that names this subscriber while a stream of theirs was about
  /// to open: then access is asked for again.
  boolean suspects(String subscriber) {
    Topic topic = rules.watched(subscriber);
    if (topic == null) {
      return false;
    }
    Watch watch = watches.get(topic);
    Long at = named.get(subscriber);
    return (at != null && isRecent(at)) || (watch != null && isRecent(watch.since));
  }

  private static boolean isRecent(long nanos) {
    return System.nanoTime() - nanos < RECENT.toNanos();
  }

  /// One watched topic.
  private final class Watch implements Follower {

    private final Topic topic;
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /// Of streams; changed under the map's lock.
    private int count;

    private @Nullable TopicFeed feed;
    private Position at = new Position(0, 0);
    private boolean over;

    /// Events before this were not seen.
    private volatile long since = System.nanoTime();

    Watch(Topic topic) {
      this.topic = topic;
    }

    synchronized void start() {
      while (feed == null && !over) {
        Joined joined = feeds.join(topic, true).orElseThrow();
        at = joined.head().position();
        if (joined.feed().follow(this)) {
          feed = joined.feed();
          since = System.nanoTime();
          advanced(); // what came between
        }
      }
    }

    synchronized void stop() {
      over = true;
      if (feed != null) {
        feed.unfollow(this);
      }
    }

    @Override
    public void advanced() {
      if (scheduled.compareAndSet(false, true)) {
        streams.ask(this::read, this::later);
      }
    }

    /// The log went back: whatever it told before, everybody is asked about.
    @Override
    public void voided() {
      streams.ask(this::again, () -> pauseAnd(this::voided));
    }

    @Override
    public void ephemeral(String type, Instant time, String data) {}

    private void later() {
      pauseAnd(this::advanced);
    }

    private void pauseAnd(Runnable then) {
      try {
        Thread.sleep(RETRY_MILLIS);
        then.run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private synchronized void again() {
      feed = null;
      start();
      streams.review(subscriber -> topic.equals(rules.watched(subscriber)));
    }

    private synchronized void read() {
      scheduled.set(false);
      TopicFeed now = feed;
      while (now != null && !over && at.offset() < now.head().offset()) {
        List<Frame> frames = entrance.frames(now, at.offset(), BYTES);
        if (frames.isEmpty() || !frames.getFirst().follows(at)) {
          now.unfollow(this);
          voided(); // and again, should the log be away
          return;
        }
        for (Frame frame : frames) {
          if (frame.ends() instanceof Ends.Subscribers(var ids)) {
            long nanos = System.nanoTime();
            named.values().removeIf(before -> !isRecent(before));
            ids.forEach(id -> named.put(id, nanos)); // before the streams that are open are told
            streams.review(ids::contains);
          }
          at = frame.position();
        }
      }
    }
  }
}
