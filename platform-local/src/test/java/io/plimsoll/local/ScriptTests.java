package io.plimsoll.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The script `platform` in a clone whose path has a space, with a `java` that writes down what it
/// is told.
class ScriptTests {

  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private Path directory;

  private final Map<String, String> environment = new HashMap<>();

  private Path clone;
  private Path calls;

  @BeforeEach
  void makeClone() throws IOException {
    clone = Files.createDirectories(directory.resolve("my clone"));
    calls = clone.resolve("calls");
    Files.copy(Path.of("..", "platform"), clone.resolve("platform"));
    Path target = Files.createDirectories(clone.resolve("platform-local/target"));
    Files.createFile(target.resolve("platform-local-0.1.0-SNAPSHOT.jar"));
    Path jdk = Files.createDirectories(clone.resolve("jdk/bin"));
    Files.writeString(clone.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    executable(jdk.resolve("javac"), "exit 1");
    executable(
        jdk.resolve("java"),
        """
        trap 'echo taken back >> "$CALLS"; exit 143' TERM
        printf '[%s]' "$@" >> "$CALLS"
        echo >> "$CALLS"
        [ -z "${READY-}" ] || printf 'state=READY\npid=%s\n' "$PPID" > "$READY"
        case "$*" in *" up "*) while :; do sleep 0.1; done ;; esac
        """);
  }

  private static void executable(Path file, String script) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Process platform(String... arguments) throws IOException {
    var command = new ArrayList<String>();
    command.add(clone.resolve("platform").toString());
    command.addAll(List.of(arguments));
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(clone.resolve("said").toFile());
    builder.environment().put("JAVA_HOME", clone.resolve("jdk").toString());
    builder.environment().put("CALLS", calls.toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private int code(Process process) throws InterruptedException {
    assertThat(process.waitFor(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private String calls() throws IOException {
    return Files.exists(calls) ? Files.readString(calls) : "";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "token --user ann --scope x extra",
        "token --user",
        "token",
        "logs chat extra",
        "logs nosuch",
        "up extra",
        "up --plan nosuch",
        "up --instances gateway=2",
        "status --data",
        "nosuch"
      })
  void doesNothingThatItDoesNotUnderstand(String line) throws Exception {
    assertThat(code(platform(line.split(" ", -1)))).isEqualTo(2);

    assertThat(calls()).isEmpty();
    assertThat(clone.resolve("said")).isNotEmptyFile();
  }

  @ParameterizedTest
  @CsvSource({
    "{\"error\":\"invalid_request\"}, 2",
    "{\"error\":\"invalid_scope\"}, 2",
    "{\"error\":\"invalid_client\"}, 1",
    "{\"access_token\":\"a.b.c\"}, 0"
  })
  void tellsAValueThatDoesNotFitFromAFailure(String answer, int code) throws Exception {
    Files.createFile(Files.createDirectories(clone.resolve(".plimsoll")).resolve("demo.env"));
    executable(clone.resolve("jdk/bin/curl"), "cat > /dev/null; echo '" + answer + "'");
    environment.put("PATH", clone.resolve("jdk/bin") + ":" + System.getenv("PATH"));

    assertThat(code(platform("token", "--user", "a/b"))).isEqualTo(code);
  }

  @Test
  void passesPathsOnWhole() throws Exception {
    assertThat(code(platform("status", "--data", clone.resolve("x y").toString()))).isZero();

    assertThat(calls())
        .contains(
            "[-Dplimsoll.root="
                + clone
                + "][-Dplimsoll.launcher="
                + clone.resolve("platform")
                + "]",
            "[status][--data][" + clone.resolve("x y") + "]");
  }

  @Test
  void quotesWhatIsToBePasted() throws Exception {
    code(platform("token", "--user", "ann", "--data", "/no/x y"));

    assertThat(clone.resolve("said"))
        .content()
        .endsWith(directory + "/my\\ clone/platform up --data /no/x\\ y\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"up --no-build", "up --no-build --detach"})
  void takesBackAtOnceWhatItBeganWhenItIsTerminated(String line) throws Exception {
    Process up = platform(line.split(" ", -1));
    await().atMost(LONG).until(() -> calls().contains("[up]"));

    up.destroy();

    assertThat(code(up)).isEqualTo(143);
    assertThat(calls()).endsWith("\ntaken back\n");
  }

  @Test
  void stopsEverythingThatIsReadyEvenIfNobodyWasToldYet() throws Exception {
    Process up = ready("up", "--no-build");

    up.destroy();

    assertThat(code(up)).isZero();
    assertThat(calls()).containsPattern("taken back\n.*\\[down]");
  }

  @Test
  void leavesWhatIsReadyToTheSupervisorIfItWasToReturn() throws Exception {
    Process up = ready("up", "--no-build", "--detach");

    up.destroy();

    assertThat(code(up)).isZero();
    assertThat(calls()).endsWith("\ntaken back\n");
  }

  /// An `up` that has not ended yet, while everything is ready.
  private Process ready(String... arguments) throws IOException {
    Path supervisor =
        Files.createDirectories(clone.resolve(".plimsoll/run")).resolve("supervisor.properties");
    environment.put("READY", supervisor.toString());
    Process up = platform(arguments);
    await().atMost(LONG).until(() -> Files.exists(supervisor) && Files.size(supervisor) > 0);
    return up;
  }

  @Test
  void leavesAPlatformAloneThatIsUpWhenItIsInterruptedBeforeItsOwnStart() throws Exception {
    Path supervisor =
        Files.createDirectories(clone.resolve(".plimsoll/run")).resolve("supervisor.properties");
    long self = ProcessHandle.current().pid();
    Files.writeString(supervisor, "state=READY\npid=" + self + "\n");
    Path lock = Files.createDirectories(clone.resolve("target")).resolve("platform-building");
    Files.createSymbolicLink(lock, Path.of(Long.toString(self)));
    Process up = platform("up");
    await().atMost(LONG).until(() -> Files.size(clone.resolve("said")) > 0);

    up.destroy();

    assertThat(code(up)).isEqualTo(143);
    assertThat(calls()).isEmpty();
  }
}
