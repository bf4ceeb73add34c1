package io.plimsoll.acceptance.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Runs `real-clients/`, which starts a platform of its own. Where its programs are missing it is
/// skipped, but not in continuous integration.
class RealClientsIT {

  private static final Path PROJECT = Path.of("real-clients").toAbsolutePath();
  private static final int MINUTES = 15;

  @BeforeAll
  static void programsAreThere() {
    need("Node.js 20 or newer with npm (Debian: nodejs, npm)", "node");
    need("Node.js 20 or newer with npm (Debian: nodejs, npm)", "npm");
    need("curl (Debian: curl)", "curl");
    need("Chromium (Debian: chromium)", "chromium", "chromium-browser", "google-chrome");
  }

  private static void need(String what, String... anyOf) {
    boolean found =
        Stream.of(anyOf)
            .anyMatch(
                name ->
                    Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, name))));
    if (!found) {
      String sentence = "The real clients did not run: install " + what + ".";
      if (System.getenv("CI") != null) {
        fail(sentence);
      }
      abort(sentence);
    }
  }

  @Test
  void unmodifiedClientsGetEveryEventOnceWhateverIsKilled() throws Exception {
    run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
    run("node", "--test", "--test-concurrency=1", "--test-reporter=spec");
  }

  /// Line by line, for the tests take minutes. Not inherited: Maven talks to this process over the
  /// standard streams.
  private static void run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .directory(PROJECT.toFile())
            .redirectErrorStream(true)
            .redirectInput(Redirect.from(new File("/dev/null")))
            .start();
    Thread output =
        Thread.startVirtualThread(() -> process.inputReader().lines().forEach(System.out::println));
    try {
      assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES))
          .as("%s ended within %d minutes", List.of(command), MINUTES)
          .isTrue();
      output.join();
      assertThat(process.exitValue()).as("exit of %s", List.of(command)).isZero();
    } finally {
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
    }
  }
}
