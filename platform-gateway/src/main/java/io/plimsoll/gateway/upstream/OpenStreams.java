package io.plimsoll.gateway.upstream;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.StreamEnd;
import io.plimsoll.gateway.revocation.Bearer;
import io.plimsoll.gateway.revocation.Revocations;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;

/// The streams open on this gateway, and the long polls that wait. It ends streams whose token is
/// revoked. At shutdown, while the server has stopped accepting, it ends all over an interval, each
/// at a moment of its own, lest all clients come back to the next gateway at once.
final class OpenStreams implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(OpenStreams.class);

  private final Set<StreamRelay> open = ConcurrentHashMap.newKeySet();
  private final Map<String, StreamRelay> byTicket = new ConcurrentHashMap<>();

  /// What ends the long polls that wait.
  private final Set<Runnable> polls = ConcurrentHashMap.newKeySet();

  private final Duration interval;
  private final Revocations revocations;
  private volatile boolean running;
  private volatile boolean draining;

  OpenStreams(Duration interval, Revocations revocations, MeterRegistry metrics) {
    this.interval = interval;
    this.revocations = revocations;
    revocations.whenChanged((_, _) -> open.forEach(this::endIfRevoked));
    Gauge.builder("plimsoll.gateway.streams", open, Set::size)
        .description("Streams that are open now")
        .register(metrics);
  }

  /// Whether new streams are to be sent elsewhere.
  boolean draining() {
    return draining;
  }

  /// A ticket opens one stream at a time: a second ends the first, which is most often a connection
  /// that the browser has already given up.
  void add(StreamRelay stream) {
    open.add(stream);
    String ticket = stream.terms().single();
    if (ticket != null) {
      StreamRelay first = byTicket.put(ticket, stream);
      if (first != null) {
        first.end(StreamEnd.stop("replaced"));
      }
    }
    // it may have been revoked while the service was asked
    endIfRevoked(stream);
    if (draining) {
      stream.end(StreamEnd.reconnect("drain"));
    }
  }

  /// A long poll waits; its end is run when the gateway shuts down.
  void addPoll(Runnable end) {
    polls.add(end);
    if (draining) {
      end.run();
    }
  }

  void removePoll(Runnable end) {
    polls.remove(end);
  }

  private void endIfRevoked(StreamRelay stream) {
    Bearer bearer = stream.terms().bearer();
    Problem refused = bearer == null ? null : revocations.refusal(bearer);
    if (refused != null && refused.status() == 401) {
      stream.end(StreamEnd.stop("token_revoked"));
    }
  }

  void remove(StreamRelay stream) {
    open.remove(stream);
    String ticket = stream.terms().single();
    if (ticket != null) {
      byTicket.remove(ticket, stream);
    }
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /// The server's own: there it stops accepting and waits for what is still answered.
  @Override
  public int getPhase() {
    return WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE;
  }

  @Override
  public void stop() {
    stop(() -> {});
  }

  @Override
  public void stop(Runnable drained) {
    draining = true;
    running = false;
    log.info("Ending {} open streams within {}", open.size(), interval);
    ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("drain").factory());
    long span = Math.max(1, interval.toMillis());
    open.forEach(stream -> sometime(clock, span, () -> stream.end(StreamEnd.reconnect("drain"))));
    polls.forEach(end -> sometime(clock, span, end));
    // the server waits for the last of them by itself
    var _ = clock.schedule(clock::shutdown, span, TimeUnit.MILLISECONDS);
    drained.run();
  }

  private static void sometime(ScheduledExecutorService clock, long span, Runnable end) {
    long at = ThreadLocalRandom.current().nextLong(span);
    var _ = clock.schedule(end, at, TimeUnit.MILLISECONDS);
  }
}
