package io.plimsoll.chat.place;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Work of a node in the background, on a virtual thread, at intervals. What fails is tried again
/// at the next interval; that it fails is logged once, and that it works again.
public abstract class Agent implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(Agent.class);

  private final String name;
  private final Duration interval;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile boolean running;

  protected Agent(String name, Duration interval) {
    this.name = name;
    this.interval = interval;
  }

  /// One piece of work.
  ///
  /// @return whether there is more to do at once
  protected abstract boolean work();

  @Override
  public void start() {
    running = true;
    Thread.ofVirtual().name("agent-" + name).start(this::run);
  }

  private void run() {
    boolean failing = false;
    boolean more = false;
    try {
      while (!stopping.await(more ? 0 : interval.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          more = work();
          if (failing) {
            failing = false;
            log.info("Agent {} works again", name);
          }
        } catch (RuntimeException e) {
          more = false;
          if (!failing && stopping.getCount() > 0) {
            failing = true;
            log.warn("Agent {} fails, and tries again every {}", name, interval, e);
          }
        }
      }
    } catch (InterruptedException _) {
      // nobody does
    } finally {
      stopped.countDown();
    }
  }

  /// Lets the piece of work in hand come to its end; an interrupt would close its connections.
  @Override
  public void stop() {
    stopping.countDown();
    try {
      if (!stopped.await(5, TimeUnit.SECONDS)) {
        log.warn("Agent {} is still at work; what it does is left to its transaction", name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
