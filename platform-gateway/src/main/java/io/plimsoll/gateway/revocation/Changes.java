package io.plimsoll.gateway.revocation;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.authority.AuthService;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows auth-service's changes, on a thread of its own: once every `poll`, and at once on a
/// hint.
///
/// The number and its mark move only after a page was applied whole, so whatever fails is repeated.
/// When they don't belong together for auth-service, it runs on a restored backup (or this gateway
/// was away for more than a day): it sends everything alive, keys and tenants are asked for again,
/// and the revocations that are known here stay.
public final class Changes implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Changes.class);
  private static final int PAGE = 1_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration SWEEP = Duration.ofSeconds(10);

  private final AuthService auth;
  private final Revocations revocations;
  private final Duration poll;
  private final long maxStaleness;
  private final BlockingQueue<Boolean> hints = new ArrayBlockingQueue<>(1);
  private final Thread thread;

  private volatile long number;
  private volatile @Nullable String mark;
  private volatile boolean loaded;
  private volatile long confirmedAt;
  private volatile boolean closed;
  private boolean failing;

  Changes(AuthService auth, Revocations revocations, RevocationProperties properties) {
    this.auth = auth;
    this.revocations = revocations;
    this.poll = properties.poll();
    this.maxStaleness = properties.maxStaleness().toNanos();
    this.thread = Thread.ofPlatform().daemon().name("changes").unstarted(this::follow);
  }

  void start() {
    thread.start();
  }

  /// Whether all that is alive was read once.
  boolean loaded() {
    return loaded;
  }

  /// Why no request can be judged now; null when they can.
  public @Nullable Problem outage() {
    return loaded && System.nanoTime() - confirmedAt < maxStaleness
        ? null
        : Problem.unavailable(
            "revocations-unavailable", "Whether the token was revoked can't be told now; repeat.");
  }

  /// Seconds since auth-service last said that there was nothing more; NaN before the first time.
  double age() {
    return loaded ? (System.nanoTime() - confirmedAt) * 1e-9 : Double.NaN;
  }

  /// There may be a change with this number.
  void hint(long hinted) {
    if (hinted > number) {
      hints.offer(true);
    }
  }

  private void follow() {
    long sweptAt = System.nanoTime();
    while (!closed) {
      try {
        boolean more = true;
        while (more && !closed) {
          more = page();
        }
        if (System.nanoTime() - sweptAt >= SWEEP.toNanos()) {
          revocations.sweep();
          sweptAt = System.nanoTime();
        }
      } catch (RuntimeException e) {
        if (!failing && !closed) {
          log.warn("Revocations can't be read, asking again: {}", e.toString());
        }
        failing = true;
      }
      revocations.expire();
      try {
        hints.poll(poll.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /// Reads and applies one page; says whether there is more.
  private boolean page() {
    long asked = System.nanoTime();
    AuthService.Changes page = auth.changes(number, mark, PAGE).block(TIMEOUT);
    if (page == null) {
      throw new IllegalStateException("no answer");
    }
    boolean reset = Boolean.TRUE.equals(page.reset());
    if (reset) {
      log.warn(
          "Auth-service has another history than was read up to {}: reading all again", number);
    } else if (page.next() < number) {
      // it gives no marks
      log.warn(
          "Auth-service's newest change is {}, older than {}: reading all again",
          page.next(),
          number);
      number = 0;
      mark = null;
      return true;
    }
    revocations.apply(page.changes(), reset);
    number = page.next();
    mark = page.mark();
    if (page.more()) {
      return true;
    }
    confirmedAt = asked;
    if (!loaded || failing) {
      log.info("Revocations are known up to {}", number);
    }
    failing = false;
    loaded = true;
    return false;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
