package io.plimsoll.gateway.meter;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/// Counts what tenants use, and reports it to auth-service.
///
/// Whoever counts adds to counters that nobody resets; a thread of its own looks every `interval`
/// by how much they have grown, merges that with what is still to be reported, and sends it in
/// numbered reports, one at a time. A report that was not answered is sent again as it was:
/// auth-service adds each number of a run once.
///
/// Bounded are the counters, the merged counts that wait, and a report's size. What finds no place
/// is not billed, and is counted in `plimsoll.gateway.usage.dropped`. A gateway that is killed
/// loses what it has not reported: two seconds, or all that piled up while auth-service was away.
public final class Meter implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Meter.class);
  private static final long SECONDS_OF_HOUR = 3600;

  /// Of at most 480 bytes each, so that a report has less than the megabyte that auth-service
  /// reads.
  private static final int REPORT = 2_000;

  /// Counters that nobody added to are let go.
  private static final long IDLE = TimeUnit.MINUTES.toNanos(10);

  /// And are looked at a last time by then: somebody may just have been about to add.
  private static final long RETIRED = TimeUnit.MINUTES.toNanos(1);

  private record Waiting(Counts.Key key, int group, long hour) {}

  private record Retired(Counts counts, long until) {}

  /// @param requests what is lost if it is refused
  private record Report(long sequence, String body, long requests) {}

  private final String boot;
  private final Function<String, CompletionStage<@Nullable Integer>> reports;
  private final MeterProperties properties;
  private final JsonMapper json;
  private final Clock clock;
  private final Counter dropped;
  private final Counter sent;
  private final Map<Counts.Key, Counts> counts = new ConcurrentHashMap<>();
  private final Counts unreported = new Counts(new Counts.Key("", "", ""));
  private final Set<MeteredStream> streams = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("usage").factory());

  // the thread's own
  private final Map<Waiting, Counts.Sums> waiting = new LinkedHashMap<>();
  private final ArrayDeque<Retired> retired = new ArrayDeque<>();
  private @Nullable Report underWay;
  private boolean asking;
  private boolean failing;
  private boolean closing;
  private long sequence;
  private long hour;
  private volatile int backlog;

  /// @param boot names this run
  /// @param reports sends one to auth-service; the status that it was answered
  Meter(
      String boot,
      Function<String, CompletionStage<@Nullable Integer>> reports,
      MeterProperties properties,
      JsonMapper json,
      Clock clock,
      MeterRegistry metrics) {
    this.boot = boot;
    this.reports = reports;
    this.properties = properties;
    this.json = json;
    this.clock = clock;
    this.hour = hour();
    this.dropped =
        Counter.builder("plimsoll.gateway.usage.dropped")
            .description("Requests that no usage will show")
            .register(metrics);
    this.sent =
        Counter.builder("plimsoll.gateway.usage.reports")
            .description("Reports of usage that auth-service has answered")
            .register(metrics);
    Gauge.builder("plimsoll.gateway.usage.waiting", this, meter -> meter.backlog)
        .description("Merged counts that are not reported yet")
        .register(metrics);
  }

  void start() {
    var _ = thread.schedule(this::tick, untilNext(), TimeUnit.MILLISECONDS);
  }

  /// Counts a request that has been answered, or was given up.
  ///
  /// @param tenant null where none is known: then nothing is counted
  /// @param status HTTP status, also where the connection was closed instead (499 and the like)
  /// @param bytesIn of the request's body
  /// @param bytesOut of the answer's body
  /// @param admitted whether limits took a unit for it
  public void request(
      @Nullable String tenant,
      String service,
      String routeClass,
      int status,
      long bytesIn,
      long bytesOut,
      boolean admitted) {
    if (tenant == null) {
      return;
    }
    Counts of = counts(tenant, service, routeClass);
    if (of == unreported) {
      dropped.increment();
      return;
    }
    Counts.Cell cell = of.cell(Counts.group(status));
    cell.requests.increment();
    cell.bytesIn.add(bytesIn);
    cell.bytesOut.add(bytesOut);
    if (admitted) {
      cell.admitted.increment();
    }
  }

  /// Counts a stream that has begun: as a request at once, by seconds and bytes while it is open.
  ///
  /// @param tenant null where none is known: then nothing is counted
  /// @return to be closed with it
  public MeteredStream stream(
      @Nullable String tenant, String service, String routeClass, boolean admitted) {
    Counts of = tenant == null ? unreported : counts(tenant, service, routeClass);
    if (of == unreported && tenant != null) {
      dropped.increment();
    }
    Counts.Cell cell = of.cell(Counts.group(200));
    cell.requests.increment();
    if (admitted) {
      cell.admitted.increment();
    }
    MeteredStream stream = new MeteredStream(cell, streams, System.nanoTime());
    if (of != unreported) {
      streams.add(stream);
    }
    return stream;
  }

  private Counts counts(String tenant, String service, String routeClass) {
    Counts.Key key = new Counts.Key(tenant, service, routeClass);
    Counts found = counts.get(key);
    if (found != null) {
      return found;
    }
    return counts.size() < properties.maxCounts()
        ? counts.computeIfAbsent(key, Counts::new)
        : unreported;
  }

  // the thread's own

  private void tick() {
    try {
      gather();
      send();
    } catch (RuntimeException e) {
      log.error("Usage could not be gathered", e);
    }
    if (closing) {
      return;
    }
    var _ = thread.schedule(this::tick, untilNext(), TimeUnit.MILLISECONDS);
  }

  /// An interval, or less when the hour ends sooner: what comes after belongs to another.
  private long untilNext() {
    long now = clock.millis();
    long hourEnds = (now / 3_600_000 + 1) * 3_600_000;
    return Math.max(1, Math.min(properties.interval().toMillis(), hourEnds - now));
  }

  private long hour() {
    long now = clock.instant().getEpochSecond();
    return now - now % SECONDS_OF_HOUR;
  }

  /// What came since the last time belongs to the hour that it was then.
  private void gather() {
    long now = System.nanoTime();
    for (MeteredStream stream : streams) {
      stream.count(now);
    }
    Iterator<Counts> all = counts.values().iterator();
    while (all.hasNext()) {
      Counts of = all.next();
      if (gather(of)) {
        of.usedAt = now;
      } else if (now - of.usedAt >= IDLE) {
        all.remove();
        retired.add(new Retired(of, now + RETIRED));
      }
    }
    for (Retired last : retired) {
      gather(last.counts());
    }
    while (!retired.isEmpty() && now - retired.peek().until() >= 0) {
      retired.poll();
    }
    hour = hour();
    backlog = waiting.size();
  }

  /// Whether there was anything.
  private boolean gather(Counts of) {
    boolean any = false;
    for (int group = 0; group < Counts.GROUPS.length; group++) {
      Counts.Sums grown = of.grown(group);
      if (grown != null) {
        any = true;
        add(new Waiting(of.key, group, hour), grown);
      }
    }
    return any;
  }

  private void add(Waiting where, Counts.Sums more) {
    Counts.Sums sums = waiting.get(where);
    if (sums != null) {
      sums.add(more);
    } else if (waiting.size() < properties.maxWaiting()) {
      waiting.put(where, more);
    } else {
      dropped.increment((double) more.requests);
    }
  }

  /// One at a time, in order.
  private void send() {
    if (asking) {
      return;
    }
    Report report = underWay;
    if (report == null) {
      if (waiting.isEmpty()) {
        return;
      }
      report = next();
      underWay = report;
    }
    asking = true;
    CompletionStage<@Nullable Integer> answer;
    try {
      answer = reports.apply(report.body());
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedStage(e);
    }
    var _ = answer.whenComplete((status, failure) -> hop(() -> answered(status, failure)));
  }

  private void hop(Runnable action) {
    try {
      thread.execute(action);
    } catch (RejectedExecutionException e) {
      log.debug("An answer about usage came too late");
    }
  }

  private Report next() {
    long requests = 0;
    var deltas = new ArrayList<Counts.Delta>();
    var all = waiting.entrySet().iterator();
    while (all.hasNext() && deltas.size() < REPORT) {
      var entry = all.next();
      Waiting where = entry.getKey();
      deltas.add(entry.getValue().delta(where.key(), where.group(), where.hour()));
      requests += entry.getValue().requests;
      all.remove();
    }
    backlog = waiting.size();
    sequence++;
    return new Report(
        sequence, json.writeValueAsString(new Counts.Report(boot, sequence, deltas)), requests);
  }

  private void answered(@Nullable Integer status, @Nullable Throwable failure) {
    asking = false;
    Report report = underWay;
    if (report == null) {
      return;
    }
    if (failure == null && status != null && status == 200) {
      if (failing) {
        log.info("Usage is reported again");
      }
      failing = false;
      sent.increment();
      underWay = null;
      send();
    } else if (failure == null && status != null && (status == 400 || status == 413)) {
      log.error("Auth-service refused report {} of usage with {}", report.sequence(), status);
      dropped.increment((double) report.requests());
      underWay = null;
      send();
    } else {
      if (!failing) {
        log.warn(
            "Usage can't be reported, it waits: {}",
            failure == null ? "auth-service answered " + status : failure.toString());
      }
      failing = true;
      if (closing) {
        var _ = thread.schedule(this::send, 100, TimeUnit.MILLISECONDS);
      }
    }
  }

  private boolean done() {
    gather();
    closing = true;
    send();
    return underWay == null && waiting.isEmpty();
  }

  /// Reports what is left, unless that takes too long.
  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    long deadline = System.nanoTime() + properties.flush().toNanos();
    try {
      while (!thread
          .submit(this::done)
          .get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
        if (System.nanoTime() - deadline >= 0) {
          throw new TimeoutException();
        }
        Thread.sleep(Duration.ofMillis(10));
      }
    } catch (TimeoutException e) {
      log.warn("Some usage was not reported before the end, and is lost");
    } catch (ExecutionException e) {
      log.error("Usage could not be reported at the end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      thread.shutdownNow();
    }
  }
}
