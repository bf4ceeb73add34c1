package io.plimsoll.gateway.edge;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Verified;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Measures every request and writes the access log (logger `access`): one line each, at its end,
/// with neither query nor headers, for tickets and tokens are there.
public final class Records implements Consumer<Call> {

  private static final Logger access = LoggerFactory.getLogger(Logs.ACCESS);
  private static final String NONE = "-";

  private record Key(String service, int status, boolean stream) {}

  private final MeterRegistry metrics;
  private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

  Records(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  /// A call is over.
  @Override
  public void accept(Call call) {
    long nanos = System.nanoTime() - call.start();
    String service = or(call.serviceName());
    timers
        .computeIfAbsent(new Key(service, call.status(), call.isStream()), this::timer)
        .record(nanos, TimeUnit.NANOSECONDS);
    if (access.isInfoEnabled()) {
      Verified caller = call.caller();
      access.info(
          "{} {} {} {}ms service={} tenant={} id={}{}",
          call.method(),
          or(call.path()),
          call.status(),
          nanos / 1_000_000,
          service,
          caller == null ? NONE : caller.tenant(),
          call.id(),
          call.left() ? " left" : "");
    }
  }

  private static String or(@Nullable String text) {
    return Objects.requireNonNullElse(text, NONE);
  }

  private Timer timer(Key key) {
    return Timer.builder("plimsoll.gateway.requests")
        .description("Requests, from their head to the end of the answer")
        .tag("service", key.service())
        .tag("status", Integer.toString(key.status()))
        .tag("kind", key.stream() ? "stream" : "request")
        .register(metrics);
  }
}
