package io.plimsoll.gateway.upstream;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The connections to one instance on one event loop; the one used last is used next. Confined to
/// that loop, so that both sides of a relay are on one.
///
/// The bound on open connections is the instance's. Each loop may have one all the same: it would
/// otherwise wait for what another loop gives back to itself.
final class Lines {

  /// Well below the services' own, so that a connection isn't closed as it is taken.
  private static final Duration IDLE = Duration.ofSeconds(30);

  private static final Duration WAIT = Duration.ofSeconds(2);

  /// Who needs a line.
  interface Asker {

    /// The line is his.
    void got(Line line);

    /// There is none.
    ///
    /// @param cause null when all are in use
    void gotNone(@Nullable Throwable cause);
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
                  asker.gotNone(null);
                }
              },
              WAIT.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  private final EventLoop loop;
  private final Dialer dialer;
  private final int most;
  private final AtomicInteger open;
  private final AtomicInteger aside;
  private final ArrayDeque<Line> idle = new ArrayDeque<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int openHere;

  /// Makes connections.
  interface Dialer {

    /// A connection whose last handler is `line`; ready for a request when the future says so.
    Future<Channel> dial(Line line);
  }

  /// @param most connections that the instance may have
  /// @param open how many it has, on all loops
  /// @param aside how many more wait for slow clients
  Lines(EventLoop loop, Dialer dialer, int most, AtomicInteger open, AtomicInteger aside) {
    this.loop = loop;
    this.dialer = dialer;
    this.most = most;
    this.open = open;
    this.aside = aside;
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
    if (open.get() < most || openHere == 0) {
      dial(asker);
    } else {
      waiting.add(new Waiting(asker));
    }
  }

  private void dial(Asker asker) {
    open.incrementAndGet();
    openHere++;
    Line line = new Line(this);
    dialer
        .dial(line)
        .addListener(
            dialled -> {
              if (dialled.isSuccess()) {
                asker.got(line);
              } else {
                closed(line);
                asker.gotNone(dialled.cause());
              }
            });
  }

  /// A line that may be used again.
  void giveBack(Line line) {
    Waiting next = waiting.poll();
    if (next != null) {
      next.timeout.cancel(false);
      next.asker.got(line);
      return;
    }
    idle.addLast(line);
    line.within(IDLE);
  }

  /// A line has closed.
  void closed(Line line) {
    if (!line.markGone()) {
      return;
    }
    if (line.isAside()) {
      aside.decrementAndGet();
    } else {
      idle.remove(line);
      makeRoom();
    }
  }

  /// A line that waits for a slow client no longer keeps others from theirs.
  ///
  /// @return false when as many wait so as there may be ordinary ones
  boolean stepsAside() {
    if (aside.incrementAndGet() > most) {
      aside.decrementAndGet();
      return false;
    }
    makeRoom();
    return true;
  }

  private void makeRoom() {
    open.decrementAndGet();
    openHere--;
    Waiting next = waiting.poll();
    if (next != null) {
      next.timeout.cancel(false);
      dial(next.asker);
    }
  }
}
