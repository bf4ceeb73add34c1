package io.plimsoll.ratelimit.proof;

import io.plimsoll.ratelimit.TestGateways;
import io.plimsoll.ratelimit.client.Subject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/// A gateway's half in a process of its own, so that it can die as gateways do. It presses on one
/// bucket of each store-away mode and writes a line for each request that it admits: instants of
/// different processes of a machine are of one clock.
final class GatewayProcess {

  enum Mode {
    HOLD,
    SHARE,
    OPEN;

    String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private static final Duration EAGER = Duration.ofMillis(5);

  /// Where everything may be admitted, more would be of no use.
  private static final Duration CALM = Duration.ofMillis(50);

  private final Process process;
  private final PrintStream orders;
  private final Map<Mode, AtomicInteger> admitted = new EnumMap<>(Mode.class);
  private final Thread reader;

  /// @param tenant of which each mode has one, by its name after a hyphen
  /// @param all where its admissions go
  GatewayProcess(URI service, String tenant, Map<Mode, Admissions> all) {
    for (Mode mode : Mode.values()) {
      admitted.put(mode, new AtomicInteger());
    }
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath,
            GatewayProcess.class.getName(),
            service.toString(),
            tenant);
    try {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    orders = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    token();
    reader = Thread.ofPlatform().daemon().start(() -> read(all));
  }

  private void read(Map<Mode, Admissions> all) {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      String line = lines.readLine();
      while (line != null) {
        String[] words = line.split(" ", -1);
        if (words[0].equals("admitted") && words.length == 4) {
          Mode mode = Mode.valueOf(words[1]);
          Objects.requireNonNull(all.get(mode))
              .add(Long.parseLong(words[2]), Long.parseLong(words[3]));
          Objects.requireNonNull(admitted.get(mode)).incrementAndGet();
        }
        line = lines.readLine();
      }
    } catch (IOException e) {
      // it was killed
    }
  }

  int admitted(Mode mode) {
    return Objects.requireNonNull(admitted.get(mode)).get();
  }

  /// Gives it another token: one lives five minutes.
  void token() {
    orders.println("token " + TestGateways.token());
  }

  /// `cut`, `heal`, `unsteady` or `steady`.
  void order(String order) {
    orders.println(order);
  }

  void signal(String signal) {
    try {
      new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// As kill -9; returns when all that it wrote has been read.
  void kill() {
    process.destroyForcibly();
    try {
      process.waitFor();
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // in the process

  static void main(String[] arguments) throws IOException {
    String[] token = {""};
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    token[0] = orders.readLine().substring("token ".length());
    URI service = URI.create(arguments[0]);
    List<TestGateway> gateways = new ArrayList<>();
    for (Mode mode : Mode.values()) {
      Admissions written =
          new Admissions() {
            @Override
            void add(long from, long to) {
              System.out.println("admitted " + mode + " " + from + " " + to);
            }
          };
      gateways.add(
          new TestGateway(service, () -> token[0], written)
              .press(
                  new Subject(arguments[1] + "-" + mode.text(), "none", "key", "anna", "chat"),
                  mode == Mode.OPEN ? 1 : 2,
                  mode == Mode.OPEN ? CALM : EAGER));
    }
    String order = orders.readLine();
    while (order != null) {
      if (order.startsWith("token ")) {
        token[0] = order.substring("token ".length());
      }
      for (TestGateway gateway : gateways) {
        switch (order) {
          case "cut" -> gateway.cut = true;
          case "heal" -> gateway.cut = false;
          case "unsteady" -> gateway.unsteady = true;
          case "steady" -> gateway.unsteady = false;
          default -> {
            // a token
          }
        }
      }
      order = orders.readLine();
    }
    System.exit(0); // whoever ordered is gone
  }
}
