package io.plimsoll.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plimsoll.local.process.ProcessIdentity;
import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.process.RunFile.State;
import io.plimsoll.local.process.Signal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands beside a supervisor that has everything ready but one process, which is held down.
/// The test writes its files.
class CommandsTests {

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String HELD = "redis";

  @TempDir private Path directory;

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final ProcessIdentity alive =
      ProcessIdentity.of(ProcessHandle.current().pid()).orElseThrow();
  private final ProcessIdentity dead = new ProcessIdentity(alive.pid(), alive.start() + "0");

  private DataDirectory data;

  @BeforeEach
  void supervise() throws Exception {
    data = new DataDirectory(directory);
    data.create();
    Files.createFile(data.log(DataDirectory.SUPERVISOR));
    Files.writeString(data.demoEnvironment(), "PLIMSOLL_URL=http://127.0.0.1:8080\n");
    write(DataDirectory.SUPERVISOR, alive, State.READY);
    write("postgres", alive, State.READY);
    data.runFile(HELD).hold();
    write(HELD, dead, State.HELD);
  }

  private void write(String name, ProcessIdentity identity, State state) {
    data.runFile(name)
        .write(
            new RunFile.Entry(
                name, identity, 1, 0, "as built", Signal.TERM, state, 0, Instant.now()));
  }

  @Test
  void upStartsWhatIsHeldAndReturnsWhenItIsReady() throws Exception {
    assertThatItIsStarted("up");

    assertThat(said.toString(StandardCharsets.UTF_8)).contains("redis is ready", "is up at");
  }

  @Test
  void restartStartsWhatIsHeld() throws Exception {
    assertThatItIsStarted("restart", HELD);
  }

  private void assertThatItIsStarted(String... line) throws Exception {
    CompletableFuture<Integer> code = CompletableFuture.supplyAsync(() -> run(line));

    await().atMost(LONG).until(() -> !data.runFile(HELD).held());
    write(HELD, dead, State.STARTING);
    assertThat(code).isNotDone();
    write(HELD, alive, State.READY);

    assertThat(code).succeedsWithin(LONG).isEqualTo(0);
  }

  private int run(String... line) {
    var arguments = new ArrayList<>(List.of(line));
    arguments.addAll(List.of("--data", directory.toString()));
    var commands =
        new Commands(
            Options.parse(arguments),
            new Launcher("./platform", directory),
            new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      return line[0].equals("up") ? commands.up() : commands.restart();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
