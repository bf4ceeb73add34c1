package io.plimsoll.gateway.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.netty.channel.DefaultEventLoop;
import io.plimsoll.gateway.answer.ProblemException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /// Has a worker wait, so that what is asked of it next is done in one go.
  private void occupy(Workers workers) {
    CountDownLatch begun = new CountDownLatch(1);
    workers
        .run(
            () -> {
              begun.countDown();
              return release.await(1, TimeUnit.MINUTES);
            })
        .subscribe(_ -> {}, _ -> {});
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
  void anActionThatFailsCostsTheOthersOfItsLoopNothing() {
    try (Workers workers = workers(1)) {
      occupy(workers);
      then(workers, loop, () -> arrive(loop));
      then(
          workers,
          loop,
          () -> {
            throw new IllegalStateException("on purpose");
          });
      then(workers, loop, () -> arrive(loop));
      release.countDown();

      await().untilAtomic(arrived, is(2));
    }
  }

  @Test
  void aLoopThatHasEndedCostsTheOthersNothing() throws Exception {
    try (Workers workers = workers(1)) {
      loops.getLast().shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
      occupy(workers);
      then(workers, loops.getLast(), () -> arrive(loops.getLast()));
      then(workers, loop, () -> arrive(loop));
      release.countDown();

      await().untilAtomic(arrived, is(1));
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

      assertThatThrownBy(failing::block).hasStackTraceContaining("on purpose");
      assertThat(workers.run(() -> 1).block()).isEqualTo(1);
    }
  }

  @Test
  void refusesWhoeverFindsNoPlace() {
    try (Workers workers = new Workers(1, 1)) {
      occupy(workers);
      workers.run(() -> 1).subscribe();

      assertThat(workers.queued()).isEqualTo(1);
      assertThatThrownBy(workers.run(() -> 1)::block)
          .isInstanceOfSatisfying(
              ProblemException.class,
              refused -> assertThat(refused.problem().cause()).isEqualTo("busy"));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void standsBackBehindTheLoops() {
    try (Workers workers = workers(1)) {
      Path here = Path.of("/proc/thread-self/stat");
      String stat = workers.run(() -> Files.readString(here)).blockOptional().orElseThrow();

      // proc_pid_stat(5): field 19, counted from the third, which follows the name
      assertThat(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16])
          .isEqualTo(Integer.toString(Workers.NICE));
    }
  }
}
