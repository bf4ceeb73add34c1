package io.plimsoll.local.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plimsoll.local.process.FakeService.Nature;
import io.plimsoll.local.process.RunFile.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisedTests {

  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private Path directory;

  private final List<String> told = new CopyOnWriteArrayList<>();
  private final List<Supervised> started = new ArrayList<>();
  private RunFile file;
  private int port;

  @BeforeEach
  void pickPort() {
    file = new RunFile(directory, FakeService.NAME);
    port = new Ports(directory.resolve("ports")).pick(FakeService.NAME, 18_080, 0);
  }

  @AfterEach
  void endAll() throws InterruptedException {
    for (Supervised one : started) {
      one.end();
    }
  }

  private Supervised supervise(ProcessPlan plan) {
    var supervised = new Supervised(plan, directory, told::add);
    started.add(supervised);
    supervised.start();
    return supervised;
  }

  private ProcessIdentity ready(ProcessPlan plan) throws InterruptedException {
    assertThat(supervise(plan).awaitReady(LONG)).as("%s", told).isTrue();
    return entry().identity();
  }

  private RunFile.Entry entry() {
    return file.read().orElseThrow();
  }

  private void awaitState(State state) {
    await().atMost(LONG).until(() -> file.read().filter(e -> e.state() == state).isPresent());
  }

  private List<String> diary() throws IOException {
    return Files.readAllLines(FakeService.diary(directory));
  }

  @Test
  void startsAgainOnTheSamePortWhatWasKilled() throws Exception {
    ProcessIdentity first = ready(FakeService.plan(directory, port, Nature.USUAL));

    for (int death = 1; death <= 4; death++) {
      ProcessIdentity before = entry().identity();
      before.signal(Signal.KILL);
      await()
          .atMost(LONG)
          .until(() -> !entry().identity().equals(before) && entry().state() == State.READY);
    }

    assertThat(entry().restarts()).isEqualTo(4);
    assertThat(Probe.http(port, "/").ready()).isTrue();
    assertThat(first.alive()).isFalse();
    assertThat(told).noneMatch(line -> line.contains("keeps dying"));
  }

  @Test
  void letsAProcessDrainBeforeItEnds() throws Exception {
    ProcessIdentity process = ready(FakeService.plan(directory, port, Nature.USUAL));

    started.removeFirst().end();

    assertThat(process.alive()).isFalse();
    assertThat(diary()).containsExactly("started", "drained");
    assertThat(file.read()).isEmpty();
  }

  @Test
  void killsWhatDoesNotEndInTime() throws Exception {
    ProcessIdentity process =
        ready(FakeService.plan(directory, port, Nature.STUBBORN, Duration.ofMillis(200)));

    started.removeFirst().end();

    assertThat(process.alive()).isFalse();
    assertThat(told).anyMatch(line -> line.endsWith("is killed"));
  }

  @Test
  void takesOverWhatAKilledSupervisorLeft() throws Exception {
    ProcessIdentity left = leftBehind(FakeService.plan(directory, port, Nature.USUAL));

    assertThat(ready(FakeService.plan(directory, port, Nature.USUAL))).isEqualTo(left);
    left.signal(Signal.KILL);

    await()
        .atMost(LONG)
        .until(() -> !entry().identity().equals(left) && entry().state() == State.READY);
    assertThat(diary()).containsExactly("started", "started");
  }

  @Test
  void startsAnewWhatWasLeftByAnotherPlan() throws Exception {
    ProcessIdentity left = leftBehind(FakeService.plan(directory, port, Nature.USUAL));

    ProcessIdentity now =
        ready(FakeService.plan(directory, port, Nature.STUBBORN, Duration.ofSeconds(1)));

    assertThat(now).isNotEqualTo(left);
    assertThat(left.alive()).isFalse();
    assertThat(diary()).containsExactly("started", "drained", "started");
  }

  @Test
  void doesNotTakeAStrangersProcessForItsOwn() throws Exception {
    ProcessIdentity own = ProcessIdentity.of(ProcessHandle.current().pid()).orElseThrow();
    var recycled = new ProcessIdentity(own.pid(), own.start() + "0");
    ProcessPlan plan = FakeService.plan(directory, port, Nature.USUAL);
    file.write(entry(plan, recycled));

    assertThat(ready(plan).pid()).isNotEqualTo(own.pid());
  }

  @Test
  void holdsAProcessDownUntilItIsReleased() throws Exception {
    ProcessIdentity process = ready(FakeService.plan(directory, port, Nature.USUAL));

    file.hold();
    awaitState(State.HELD);
    assertThat(process.alive()).isFalse();
    assertThat(diary()).containsExactly("started", "drained");

    file.release();
    awaitState(State.READY);
    assertThat(diary()).containsExactly("started", "drained", "started");
  }

  @Test
  void givesUpWaitingForAProcessThatKeepsDyingAndTriesOnMoreSlowly() throws Exception {
    Supervised broken = supervise(FakeService.plan(directory, port, Nature.BROKEN));

    assertThat(broken.awaitReady(LONG)).isFalse();

    await()
        .atMost(LONG)
        .untilAsserted(
            () ->
                assertThat(told)
                    .contains("fake ended with exit code 3")
                    .anyMatch(line -> line.contains("the next try is in 0.5 s"))
                    .anyMatch(line -> line.contains("the next try is in 1.0 s")));
    assertThat(diary()).hasSizeGreaterThan(3).containsOnly("started");
  }

  @Test
  void givesUpWaitingForAProcessThatAnErrorKeepsFromStarting() throws Exception {
    ProcessPlan whole = FakeService.plan(directory, port, Nature.USUAL);
    var plan =
        new ProcessPlan(
            whole.name(),
            whole.port(),
            whole.internalPort(),
            whole.fingerprint(),
            () -> {
              throw new NoClassDefFoundError("org/example/Missing");
            },
            whole.environment(),
            whole.log(),
            whole.ready(),
            whole.stop(),
            whole.patience());

    assertThat(supervise(plan).awaitReady(LONG)).isFalse();

    assertThat(told)
        .contains("fake could not be started: java.lang.NoClassDefFoundError: org/example/Missing");
  }

  @Test
  void startsAtOnceWhatIsKilledAgainAndAgainBeforeItIsReady() throws Exception {
    supervise(FakeService.plan(directory, port, Nature.SILENT));

    for (int death = 1; death <= 4; death++) {
      awaitState(State.STARTING);
      ProcessIdentity before = entry().identity();
      before.signal(Signal.KILL);
      await().atMost(LONG).until(() -> !entry().identity().equals(before));
    }

    assertThat(told).noneMatch(line -> line.contains("keeps dying"));
  }

  /// A process as a supervisor leaves it that is killed: nobody watches it.
  private ProcessIdentity leftBehind(ProcessPlan plan) throws Exception {
    Process process =
        new ProcessBuilder(plan.launch().command())
            .redirectErrorStream(true)
            .redirectOutput(plan.log().toFile())
            .start();
    ProcessIdentity identity = ProcessIdentity.of(process.pid()).orElseThrow();
    file.write(entry(plan, identity));
    await().atMost(LONG).until(() -> plan.ready().ready());
    return identity;
  }

  private static RunFile.Entry entry(ProcessPlan plan, ProcessIdentity identity) {
    return new RunFile.Entry(
        plan.name(),
        identity,
        plan.port(),
        plan.internalPort(),
        plan.fingerprint(),
        plan.stop(),
        State.READY,
        0,
        Instant.now());
  }
}
