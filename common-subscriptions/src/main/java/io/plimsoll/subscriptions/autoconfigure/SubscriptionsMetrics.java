package io.plimsoll.subscriptions.autoconfigure;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.plimsoll.subscriptions.bus.Bus;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.HeadChecker;
import io.plimsoll.subscriptions.retention.Retention;
import io.plimsoll.subscriptions.stream.Ending;
import io.plimsoll.subscriptions.stream.Entrance;
import io.plimsoll.subscriptions.stream.OpenStreams;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/// The module's meters; the README lists them.
final class SubscriptionsMetrics implements MeterBinder {

  private static final String PREFIX = "plimsoll.subscriptions.";

  private final Feeds feeds;
  private final Entrance entrance;
  private final OpenStreams streams;
  private final Retention retention;
  private final Bus bus;

  SubscriptionsMetrics(
      Feeds feeds, Entrance entrance, OpenStreams streams, Retention retention, Bus bus) {
    this.feeds = feeds;
    this.entrance = entrance;
    this.streams = streams;
    this.retention = retention;
    this.bus = bus;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    gauge(registry, "streams.open", streams, OpenStreams::open);
    gauge(registry, "feeds.open", feeds, Feeds::openFeeds);
    gauge(registry, "feeds.bytes", feeds, Feeds::ringBytes);
    gauge(registry, "bus.healthy", bus, wire -> wire.healthy() ? 1 : 0);
    counter(registry, "deliveries", streams, OpenStreams::deliveries);
    counter(registry, "log.reads", feeds, Feeds::logReads);
    counter(registry, "feeds.repairs", feeds, Feeds::repairs);
    counter(registry, "feeds.voids", feeds, Feeds::voids);
    counter(registry, "positions.lost", entrance, Entrance::lost);
    counter(registry, "head.comparisons", feeds.checker(), HeadChecker::comparisons);
    timer(registry, "head.checks", feeds.checker(), HeadChecker::checks, HeadChecker::nanos);
    timer(registry, "retention.sweeps", retention, Retention::sweeps, Retention::nanos);
    counter(registry, "retention.trimmed", retention, Retention::trimmed);
    counter(registry, "retention.purged", retention, Retention::purged);
    counter(registry, "retention.failures", retention, Retention::failures);
    for (Ending ending : Ending.values()) {
      FunctionCounter.builder(PREFIX + "streams.ended", streams, open -> open.ended(ending))
          .tag("reason", ending.reason())
          .register(registry);
    }
  }

  private static <T> void gauge(
      MeterRegistry registry, String name, T of, ToDoubleFunction<T> value) {
    Gauge.builder(PREFIX + name, of, value).register(registry);
  }

  private static <T> void timer(
      MeterRegistry registry,
      String name,
      T of,
      ToLongFunction<T> count,
      ToDoubleFunction<T> nanos) {
    FunctionTimer.builder(PREFIX + name, of, count, nanos, TimeUnit.NANOSECONDS).register(registry);
  }

  private static <T> void counter(
      MeterRegistry registry, String name, T of, ToDoubleFunction<T> value) {
    FunctionCounter.builder(PREFIX + name, of, value).register(registry);
  }
}
