package io.plimsoll.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The exit codes of commands where nothing runs.
class MainTests {

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "kill auth, 1",
    "stop auth, 1",
    "start auth, 1",
    "restart auth, 1",
    "down, 0",
    "status, 3",
    "kill --json, 2",
    "nosuch, 2"
  })
  void tellWhatFailedFromWhatWasNotUnderstood(String line, int code) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(line.split(" ", -1)));
    command.addAll(List.of("--data", directory.toString()));
    Path said = directory.resolve("said");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as("%s", said).isEqualTo(code);
    assertThat(said).isNotEmptyFile();
  }
}
