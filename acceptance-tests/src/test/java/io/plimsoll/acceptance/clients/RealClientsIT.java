package io.plimsoll.acceptance.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Runs `real-clients/`, which starts a platform of its own. Where its programs are missing it is
/// skipped, but not in continuous integration.
class RealClientsIT {

  private static final Path PROJECT = Path.of("real-clients").toAbsolutePath();

  /// Where the tests keep their platform.
  private static final Path PLATFORM = Path.of("target/real-clients/platform").toAbsolutePath();

  /// A third of it on an idle machine.
  private static final Duration LONGEST = Duration.ofMinutes(14);

  /// For the test, not the class: what a class assumes is not reported as skipped.
  @BeforeEach
  void programsAreThere() throws Exception {
    need("curl (Debian: curl)", isThere("curl"));
    need(
        "Chromium (Debian: chromium)",
        isThere("chromium") || isThere("chromium-browser") || isThere("google-chrome"));
    need("Node.js 20.11 or newer, with npm", isThere("npm") && isThere("node") && isNodeOfOurs());
  }

  private static void need(String what, boolean found) {
    if (!found) {
      String sentence = "The real clients did not run: install " + what + ".";
      if (System.getenv("CI") != null) {
        fail(sentence);
      }
      System.out.println(sentence); // Surefire counts who is skipped, and does not say why
      abort(sentence);
    }
  }

  private static boolean isThere(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /// As `package.json` says; it answers like `v20.11.0`.
  private static boolean isNodeOfOurs() throws IOException {
    Process node = new ProcessBuilder("node", "--version").redirectErrorStream(true).start();
    try (BufferedReader output = node.inputReader()) {
      String[] version = String.valueOf(output.readLine()).replaceFirst("^v", "").split("\\.", -1);
      int major = Integer.parseInt(version[0]);
      return major > 20 || (major == 20 && Integer.parseInt(version[1]) >= 11);
    }
  }

  @Test
  void unmodifiedClientsGetEveryEventOnceWhateverIsKilled() throws Exception {
    Instant deadline = Instant.now().plus(LONGEST);
    try {
      run(deadline, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
      run(deadline, "node", "--test", "--test-concurrency=1", "--test-reporter=spec");
    } finally {
      stopPlatform();
    }
  }

  /// Line by line, for the tests take minutes. Not inherited: Maven talks to this process over the
  /// standard streams.
  private static void run(Instant deadline, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(PROJECT.toFile())
            .redirectErrorStream(true)
            .redirectInput(Redirect.from(new File("/dev/null")));
    builder.environment().remove("PLIMSOLL_TEST_DATA");
    builder.environment().put("PLIMSOLL_TEST_BUILT", "true"); // by the build that runs this
    Process process = builder.start();
    Thread output =
        Thread.startVirtualThread(() -> process.inputReader().lines().forEach(System.out::println));
    try {
      assertThat(process.waitFor(Duration.between(Instant.now(), deadline)))
          .as("%s ended within %s", List.of(command), LONGEST)
          .isTrue();
      output.join(Duration.ofSeconds(10));
      assertThat(process.exitValue()).as("exit of %s", List.of(command)).isZero();
    } finally {
      destroy(process);
    }
  }

  /// With all that it started, node's and Chromium's processes among them; listed first, for
  /// children of a process that is gone are no longer known as its descendants.
  private static void destroy(Process process) {
    List<ProcessHandle> family =
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    family.forEach(ProcessHandle::destroyForcibly);
  }

  /// The tests do so themselves unless they were destroyed; the platform's supervisor is not among
  /// their descendants.
  private static void stopPlatform() throws IOException, InterruptedException {
    if (Files.exists(PLATFORM)) {
      Process down =
          new ProcessBuilder("../../platform", "down", "--data", PLATFORM.toString())
              .directory(PROJECT.toFile())
              .redirectErrorStream(true)
              .redirectOutput(Redirect.DISCARD)
              .start();
      if (!down.waitFor(Duration.ofMinutes(1))) {
        destroy(down);
      }
    }
  }
}
