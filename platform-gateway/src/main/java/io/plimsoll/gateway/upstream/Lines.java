package io.plimsoll.gateway.upstream;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The connections to one instance on one event loop; the one used last is used next. Confined to
/// that loop, so that both sides of a relay are on one.
///
/// The bound on open connections is the instance's. Each loop may have one all the same. One that
/// would need more gets what another loop does not use.
final class Lines {

  /// Well below the services' own, so that a connection isn't closed as it is taken.
  private static final Duration IDLE = Duration.ofSeconds(30);

  private static final Duration WAIT = Duration.ofSeconds(2);

  /// Who needs a line.
  interface Asker {

    /// Whether he still does.
    boolean wants();

    /// The line is his.
    void got(Line line);

    /// There is none.
    ///
    /// @param cause null when all are in use
    void gotNone(@Nullable Throwable cause);
  }

  /// Makes connections.
  interface Dialer {

    /// A connection on this loop whose last handler is `line`; ready for a request when the future
    /// says so.
    Future<Channel> dial(EventLoop loop, Line line);
  }

  /// The lines to one instance on all loops.
  static final class Pool {

    private final int most;
    private final Dialer dialer;
    private final AtomicInteger open = new AtomicInteger();
    private final Map<EventLoop, Lines> byLoop = new ConcurrentHashMap<>();

    /// Those where somebody waits; each is in it once.
    private final Queue<Lines> lacking = new ConcurrentLinkedQueue<>();

    /// @param most connections that the instance may have
    Pool(int most, Dialer dialer) {
      this.most = most;
      this.dialer = dialer;
    }

    Lines on(EventLoop loop) {
      Lines lines = byLoop.get(loop);
      return lines != null ? lines : byLoop.computeIfAbsent(loop, _ -> new Lines(this, loop));
    }
  }

  private final class Waiting {
    private final Asker asker;
    private final Future<?> timeout;

    Waiting(Asker asker) {
      this.asker = asker;
      this.timeout =
          loop.schedule(
              () -> {
                if (waiting.remove(this)) {
                  settle();
                  asker.gotNone(null);
                }
              },
              WAIT.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  private final Pool pool;
  private final EventLoop loop;
  private final ArrayDeque<Line> idle = new ArrayDeque<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int openHere;
  private boolean lacks;

  private Lines(Pool pool, EventLoop loop) {
    this.pool = pool;
    this.loop = loop;
  }

  /// Gives a line, at once if one is idle.
  void ask(Asker asker) {
    Line kept = idle.pollLast();
    while (kept != null) {
      if (kept.channel().isActive()) {
        asker.got(kept);
        return;
      }
      kept = idle.pollLast();
    }
    if (hasRoom()) {
      dial(asker);
    } else {
      waiting.add(new Waiting(asker));
      lack();
    }
  }

  private boolean hasRoom() {
    return openHere == 0 || pool.open.get() < pool.most;
  }

  /// Has the other loops give up a line each that they do not use now, and the next that they would
  /// keep.
  private void lack() {
    if (lacks) {
      return;
    }
    lacks = true;
    pool.lacking.add(this);
    if (hasRoom()) { // since it was looked at
      goOn();
      return;
    }
    for (Lines other : pool.byLoop.values()) {
      if (other != this) {
        other.loop.execute(other::giveUpOne);
      }
    }
  }

  /// Where nobody waits any more, others need not give anything up.
  private void settle() {
    if (lacks && waiting.isEmpty() && pool.lacking.remove(this)) {
      lacks = false;
    }
  }

  private void giveUpOne() {
    Line oldest = idle.pollFirst();
    if (oldest != null) {
      oldest.abandon();
    }
  }

  /// There was room elsewhere, which another loop gets where this one needs none any more.
  private void goOn() {
    pool.lacking.remove(this);
    lacks = false;
    while (!waiting.isEmpty() && hasRoom()) {
      Asker next = next();
      if (next != null) {
        dial(next);
      }
    }
    if (!waiting.isEmpty()) {
      lack();
    } else if (hasRoom()) {
      wakeAnother();
    }
  }

  private void wakeAnother() {
    Lines other = pool.lacking.poll();
    if (other != null) {
      other.loop.execute(other::goOn);
    }
  }

  private void dial(Asker asker) {
    pool.open.incrementAndGet();
    openHere++;
    Line line = new Line(this);
    pool.dialer
        .dial(loop, line)
        .addListener(
            dialled -> {
              if (!dialled.isSuccess()) {
                gone(line);
                asker.gotNone(dialled.cause());
              } else if (asker.wants()) {
                asker.got(line);
              } else {
                giveBack(line);
              }
            });
  }

  /// A line that may be used again.
  void giveBack(Line line) {
    Asker next = next();
    if (next != null) {
      next.got(line);
    } else if (pool.lacking.isEmpty()) {
      idle.addLast(line);
      line.within(IDLE);
    } else {
      line.abandon(); // another loop gets its place
    }
  }

  /// A line takes no place here any more: it has closed, or waits for a slow client.
  void gone(Line line) {
    if (!line.markGone()) {
      return;
    }
    idle.remove(line);
    pool.open.decrementAndGet();
    openHere--;
    Asker next = next();
    if (next != null) {
      dial(next);
      return;
    }
    wakeAnother();
  }

  private @Nullable Asker next() {
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      next.timeout.cancel(false);
      if (next.asker.wants()) {
        settle();
        return next.asker;
      }
    }
    settle();
    return null;
  }
}
