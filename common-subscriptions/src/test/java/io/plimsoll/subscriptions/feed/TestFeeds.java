package io.plimsoll.subscriptions.feed;

import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.bus.Bus;
import io.plimsoll.subscriptions.log.EventLog;
import java.time.Clock;
import java.time.Duration;

/// Feeds with small rings and in a hurry.
public final class TestFeeds {

  /// Nobody's stream ends.
  public static final StreamRules OPEN =
      new StreamRules() {
        @Override
        public Ends ends(Topic topic, Event event) {
          return new Ends.NoOne();
        }

        @Override
        public boolean mayRead(Topic topic, String subscriber) {
          return true;
        }
      };

  private TestFeeds() {}

  public static Feeds started(EventLog log, Bus bus) {
    return started(log, bus, settings(true, true));
  }

  public static Feeds started(EventLog log, Bus bus, FeedSettings settings) {
    Feeds feeds = new Feeds(log, bus, OPEN, settings, Clock.systemUTC(), Duration.ofMillis(3));
    feeds.start();
    return feeds;
  }

  /// Feeds that compare all heads twice a second.
  public static Feeds comparing(EventLog log, Bus bus) {
    return started(log, bus, settings(true, true, Duration.ofMillis(500)));
  }

  public static FeedSettings settings(boolean headCheck, boolean holeRepair) {
    return settings(headCheck, holeRepair, Duration.ofHours(1));
  }

  private static FeedSettings settings(
      boolean headCheck, boolean holeRepair, Duration compareInterval) {
    return new FeedSettings(
        8,
        1 << 20,
        1 << 24,
        1 << 24,
        Duration.ofMillis(1),
        Duration.ofMillis(200),
        Duration.ofMillis(4),
        Duration.ofMillis(4),
        compareInterval,
        Duration.ofSeconds(5),
        4,
        headCheck,
        holeRepair);
  }
}
