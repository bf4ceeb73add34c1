package io.plimsoll.benchmarks;

import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.Follower;
import io.plimsoll.subscriptions.feed.TopicFeed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.springframework.stereotype.Component;

/// Subscribers within the process, one per topic, for more topics than a machine has sockets.
@Component
class Followers {

  private static final int AT_ONCE = 32;

  private final Feeds feeds;
  private final LongAdder events = new LongAdder();
  private final LongAdder voided = new LongAdder();

  Followers(Feeds feeds) {
    this.feeds = feeds;
  }

  /// Follows these many topics from their heads.
  void open(int topics) throws Exception {
    List<Future<?>> parts = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int part = 0; part < AT_ONCE; part++) {
        int first = part;
        parts.add(
            executor.submit(
                () -> {
                  for (int topic = first; topic < topics; topic += AT_ONCE) {
                    follow(topic);
                  }
                }));
      }
    }
    for (Future<?> part : parts) {
      part.get();
    }
  }

  private void follow(int topic) {
    TopicFeed feed = feeds.join(Appends.topic(topic), true).orElseThrow().feed();
    if (!feed.follow(new Counting(feed))) {
      throw new IllegalStateException("topic " + topic + ": its feed is void");
    }
  }

  /// Events that have reached the followers.
  long events() {
    if (voided.sum() > 0) {
      throw new IllegalStateException(voided.sum() + " feeds became void");
    }
    return events.sum();
  }

  /// Counts by the feed's position, because one call may stand for several events.
  private final class Counting implements Follower {

    private final TopicFeed feed;
    private long seen;

    Counting(TopicFeed feed) {
      this.feed = feed;
      seen = feed.head().offset();
    }

    @Override
    public synchronized void advanced() {
      long now = feed.head().offset();
      events.add(now - seen);
      seen = now;
    }

    @Override
    public void voided() {
      voided.increment();
    }

    @Override
    public void ephemeral(String type, Instant time, String data) {}
  }
}
