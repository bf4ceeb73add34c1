package io.plimsoll.local.process;

import io.plimsoll.local.process.RunFile.State;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Keeps one process alive until told to end it.
///
/// One thread: it starts or adopts, asks whether the process is ready, waits for its death, and
/// begins again. A death after the process was ready is followed by a start at once, however often
/// it happens: that is what experiments and operators do. Deaths before it was ever ready, other
/// than by `kill -9`, are a crash loop from the third in a row on, and the pauses double from half
/// a second to 10 s.
public final class Supervised {

  private static final Duration TICK = Duration.ofMillis(50);
  private static final Duration READY_TICK = Duration.ofMillis(250);
  private static final Duration ADOPTED_TICK = Duration.ofMillis(100);
  private static final int FREE_DEATHS = 2;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /// A living process; `child` is null for one that an earlier supervisor started.
  private record Living(ProcessIdentity identity, @Nullable Process child) {

    /// True once it has ended, false when that took longer than `limit`.
    boolean endedWithin(Duration limit) throws InterruptedException {
      if (child != null) {
        return child.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
      }
      long deadline = System.nanoTime() + limit.toNanos();
      while (identity.alive()) {
        if (System.nanoTime() >= deadline) {
          return false;
        }
        Thread.sleep(ADOPTED_TICK.compareTo(limit) < 0 ? ADOPTED_TICK : limit);
      }
      return true;
    }

    /// Whether somebody killed it, which says nothing about the process.
    boolean wasKilled() {
      return child != null && child.exitValue() == 128 + 9;
    }

    String end() {
      if (child == null) {
        return "died";
      }
      int code = child.exitValue();
      return code > 128 ? "died of signal " + (code - 128) : "ended with exit code " + code;
    }
  }

  private final ProcessPlan plan;
  private final RunFile file;
  private final Consumer<String> narrator;
  private final CountDownLatch firstReady = new CountDownLatch(1);
  private final CountDownLatch ending = new CountDownLatch(1);
  private final Thread thread;
  private final AtomicInteger deathsBeforeReady = new AtomicInteger();
  private int restarts = -1;

  /// @param directory where the run file is kept
  /// @param narrator told of changes of state, a line each
  public Supervised(ProcessPlan plan, Path directory, Consumer<String> narrator) {
    this.plan = plan;
    this.file = new RunFile(directory, plan.name());
    this.narrator = narrator;
    this.thread = Thread.ofPlatform().name(plan.name()).unstarted(this::keepAlive);
  }

  public ProcessPlan plan() {
    return plan;
  }

  public void start() {
    thread.start();
  }

  /// Waits until the process was ready for the first time; false when `limit` passed before or it
  /// died so often, or could not be started so often, that it won't be.
  public boolean awaitReady(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!firstReady.await(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
      if (System.nanoTime() >= deadline
          || deathsBeforeReady.get() > FREE_DEATHS
          || isEnding()
          || !thread.isAlive()) {
        return false;
      }
    }
    return true;
  }

  /// Ends the process, cleanly if it may, and the supervision with it. Returns once it is gone.
  public void end() throws InterruptedException {
    ending.countDown();
    thread.join();
    file.delete();
  }

  private void keepAlive() {
    try {
      Living now = adopted();
      while (!isEnding()) {
        if (now != null) {
          watch(now);
          now = null;
        } else if (file.held()) {
          hold();
        } else if (!pauses()) {
          now = started();
        }
      }
      if (now != null) {
        end(now);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    } catch (RuntimeException | Error e) {
      narrator.accept(plan.name() + " is no longer supervised: " + e);
      throw e;
    }
  }

  /// The process that an earlier supervisor left, if it runs by the same plan; by another, it is
  /// ended first.
  private @Nullable Living adopted() throws InterruptedException {
    Optional<RunFile.Entry> entry = file.read().filter(left -> left.identity().alive());
    if (entry.isEmpty()) {
      return null;
    }
    var left = new Living(entry.get().identity(), null);
    restarts = 0;
    if (entry.get().fingerprint().equals(plan.fingerprint())) {
      narrator.accept(plan.name() + " still runs and is taken over");
      return left;
    }
    narrator.accept(plan.name() + " still runs, but not as it should now: it is started anew");
    end(left);
    return null;
  }

  private @Nullable Living started() throws InterruptedException {
    restarts++;
    try {
      List<String> command = plan.launch().command();
      if (isEnding()) {
        return null;
      }
      var builder =
          new ProcessBuilder(Session.ofItsOwn(command))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(plan.log().toFile()))
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      Session.forgetConfiguration(builder);
      builder.environment().putAll(plan.environment());
      Process child = builder.start();
      var started = ProcessIdentity.of(child.pid()).map(identity -> new Living(identity, child));
      if (started.isEmpty()) {
        child.waitFor();
        deathsBeforeReady.incrementAndGet();
        narrator.accept(plan.name() + " ended as soon as it was started");
        return null;
      }
      write(started.get(), State.STARTING);
      return started.get();
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) { // errors too: a class that is missing, say
      deathsBeforeReady.incrementAndGet();
      narrator.accept(
          plan.name()
              + " could not be started: "
              + (e instanceof Error || e.getMessage() == null ? e : e.getMessage()));
      return null;
    }
  }

  /// Follows a process to its end.
  private void watch(Living now) throws InterruptedException {
    long began = System.nanoTime();
    boolean ready = false;
    while (!now.endedWithin(ready ? READY_TICK : TICK)) {
      if (isEnding() || file.held()) {
        end(now);
        return;
      }
      if (!ready && plan.ready().ready()) {
        ready = true;
        deathsBeforeReady.set(0);
        write(now, State.READY);
        narrator.accept(
            "%s is ready on port %d after %.1f s"
                .formatted(plan.name(), plan.port(), (System.nanoTime() - began) / 1e9));
        firstReady.countDown();
      }
    }
    if (!ready && !now.wasKilled()) {
      deathsBeforeReady.incrementAndGet();
    }
    narrator.accept(plan.name() + " " + now.end());
  }

  private void end(Living now) throws InterruptedException {
    now.identity().signal(plan.stop());
    if (!now.endedWithin(plan.patience())) {
      narrator.accept(
          "%s did not end within %d s and is killed"
              .formatted(plan.name(), plan.patience().toSeconds()));
      now.identity().signal(Signal.KILL);
      now.endedWithin(plan.patience());
    }
  }

  private boolean isEnding() {
    return ending.getCount() == 0;
  }

  /// Waits out a crash loop; true when the wait was cut short and everything is to be looked at
  /// anew.
  private boolean pauses() throws InterruptedException {
    int over = deathsBeforeReady.get() - FREE_DEATHS;
    if (over <= 0) {
      return false;
    }
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(over - 1, 5));
    if (pause.compareTo(LONGEST_PAUSE) > 0) {
      pause = LONGEST_PAUSE;
    }
    rewrite(State.WAITING);
    narrator.accept(
        "%s keeps dying; the next try is in %.1f s: see %s"
            .formatted(plan.name(), pause.toMillis() / 1e3, plan.log()));
    return ending.await(pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void hold() throws InterruptedException {
    rewrite(State.HELD);
    narrator.accept(plan.name() + " is held down");
    while (file.held() && !ending.await(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
      // asked again
    }
    deathsBeforeReady.set(0);
  }

  private void write(Living now, State state) {
    file.write(
        new RunFile.Entry(
            plan.name(),
            now.identity(),
            plan.port(),
            plan.internalPort(),
            plan.fingerprint(),
            plan.stop(),
            state,
            restarts,
            Instant.now()));
  }

  private void rewrite(State state) {
    file.read()
        .filter(entry -> entry.state() != state)
        .ifPresent(
            entry ->
                file.write(
                    new RunFile.Entry(
                        entry.name(),
                        entry.identity(),
                        entry.port(),
                        entry.internalPort(),
                        entry.fingerprint(),
                        entry.stop(),
                        state,
                        entry.restarts(),
                        Instant.now())));
  }
}
