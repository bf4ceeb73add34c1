package io.plimsoll.gateway.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.netty.channel.DefaultEventLoop;
import io.plimsoll.gateway.answer.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import reactor.core.publisher.Mono;

class WorkersTests {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final List<DefaultEventLoop> loops =
      List.of(new DefaultEventLoop(), new DefaultEventLoop());
  private final DefaultEventLoop loop = loops.getFirst();
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger arrived = new AtomicInteger();

  @AfterEach
  void end() {
    release.countDown();
    for (DefaultEventLoop each : loops) {
      var _ = each.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }
  }

  private static Workers workers(int threads) {
    return new Workers(threads, 5_000);
  }

  /// One that keeps results as long as there is more to do.
  private static Workers patient() {
    return new Workers(1, 5_000, Duration.ofDays(1));
  }

  /// Has a worker wait until the release, after it was asked for what went before.
  private void occupy(Workers workers) {
    workers.run(() -> release.await(1, TimeUnit.MINUTES)).subscribe(_ -> {}, _ -> {});
  }

  /// Blocks the loop until the release.
  private void occupyLoop() {
    CountDownLatch begun = new CountDownLatch(1);
    loop.execute(
        () -> {
          begun.countDown();
          try {
            release.await(1, TimeUnit.MINUTES);
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
    await().until(() -> begun.getCount() == 0);
  }

  /// What becomes of a result on a loop.
  private void then(Workers workers, DefaultEventLoop where, Runnable action) {
    workers.run(() -> 1).subscribe(_ -> Workers.handOver(where, action));
  }

  private void arrive(DefaultEventLoop where) {
    if (where.inEventLoop()) {
      arrived.incrementAndGet();
    }
  }

  @Test
  void handsAllResultsToTheirLoopsWhoeverTakesTheRestOfTheWork() {
    try (Workers workers = workers(3)) {
      for (int i = 0; i < 1_000; i++) {
        loops.forEach(each -> then(workers, each, () -> arrive(each)));
        if (i % 100 == 0) { // the queue is empty now and then
          int all = 2 * (i + 1);
          await().untilAtomic(arrived, is(all));
        }
      }
      await().untilAtomic(arrived, is(2_000));
    }
  }

  @Test
  void keepsResultsWhileThereIsMoreToDo() {
    CountDownLatch go = new CountDownLatch(1);
    try (Workers workers = patient()) {
      occupyLoop();
      workers.run(() -> go.await(1, TimeUnit.MINUTES)).subscribe();
      for (int i = 0; i < 3; i++) {
        then(workers, loop, () -> arrive(loop));
      }
      go.countDown();

      await().until(() -> loop.pendingTasks() > 0);
      assertThat(loop.pendingTasks()).isEqualTo(1);
      release.countDown();
      await().untilAtomic(arrived, is(3));
    }
  }

  @Test
  void keepsResultsNoLongerThanTheOthersTake() {
    try (Workers workers = new Workers(1, 5_000, Duration.ZERO)) {
      then(workers, loop, () -> arrive(loop));
      occupy(workers);

      await().untilAtomic(arrived, is(1));
    }
  }

  @Test
  void anActionThatFailsCostsTheOthersOfItsLoopNothing() {
    CountDownLatch go = new CountDownLatch(1);
    try (Workers workers = patient()) {
      workers.run(() -> go.await(1, TimeUnit.MINUTES)).subscribe();
      then(workers, loop, () -> arrive(loop));
      then(
          workers,
          loop,
          () -> {
            throw new IllegalStateException("on purpose");
          });
      then(workers, loop, () -> arrive(loop));
      go.countDown();

      await().untilAtomic(arrived, is(2));
    }
  }

  @Test
  void aLoopThatHasEndedCostsTheOthersNothing() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (Workers workers = patient()) {
      loops.getLast().shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
      workers.run(() -> go.await(1, TimeUnit.MINUTES)).subscribe();
      then(workers, loops.getLast(), () -> arrive(loops.getLast()));
      then(workers, loop, () -> arrive(loop));
      go.countDown();

      await().untilAtomic(arrived, is(1));
    }
  }

  @Test
  void goesOnAfterAResultThatNobodyCanBear() {
    try (Workers workers = workers(1)) {
      workers
          .run(
              () -> {
                throw new IllegalStateException("on purpose");
              })
          .doOnError(
              _ -> {
                throw new NoClassDefFoundError("on purpose");
              })
          .subscribe();

      assertThat(workers.run(() -> 1).block(PATIENCE)).isEqualTo(1);
    }
  }

  @Test
  void goesOnAfterWorkThatFails() {
    try (Workers workers = workers(1)) {
      Mono<Integer> failing =
          workers.run(
              () -> {
                throw new StackOverflowError("on purpose");
              });

      assertThatThrownBy(() -> failing.block(PATIENCE)).hasStackTraceContaining("on purpose");
      assertThat(workers.run(() -> 1).block(PATIENCE)).isEqualTo(1);
    }
  }

  @Test
  void refusesWhoeverFindsNoPlace() {
    try (Workers workers = new Workers(1, 1)) {
      occupy(workers);
      await().until(() -> workers.queued() == 0);
      workers.run(() -> 1).subscribe();

      assertThat(workers.queued()).isEqualTo(1);
      assertThatThrownBy(() -> workers.run(() -> 1).block(PATIENCE))
          .isInstanceOfSatisfying(
              ProblemException.class,
              refused -> assertThat(refused.problem().cause()).isEqualTo("busy"));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void standsBackBehindTheLoops() throws Exception {
    try (Workers workers = workers(1)) {
      int own = nice();

      assertThat(workers.run(WorkersTests::nice).block(PATIENCE))
          .isEqualTo(Math.min(own + Workers.NICE, 19));
    }
  }

  /// Field 19 of proc_pid_stat(5); the second, in brackets, may hold anything.
  private static int nice() throws IOException {
    String stat = Files.readString(Path.of("/proc/thread-self/stat"));
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
  }

  @Test
  void refusesWorkAfterItsEnd() {
    Workers workers = workers(1);
    workers.close();

    assertThatThrownBy(() -> workers.run(() -> 1).block(PATIENCE))
        .isInstanceOf(ProblemException.class);
  }
}
