package io.plimsoll.local.process;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A process that answers on a port and writes down how it lives, in place of a service.
final class FakeService {

  static final String NAME = "fake";

  /// What it does besides.
  enum Nature {
    USUAL,
    /// Does not end when asked.
    STUBBORN,
    /// Ends before it is ready.
    BROKEN,
    /// Is never ready.
    SILENT
  }

  private FakeService() {}

  static ProcessPlan plan(Path directory, int port, Nature nature) {
    return plan(directory, port, nature, Duration.ofSeconds(20));
  }

  static ProcessPlan plan(Path directory, int port, Nature nature, Duration patience) {
    return new ProcessPlan(
        NAME,
        port,
        0,
        nature + " on " + port,
        () -> command(directory, port, nature),
        Map.of(),
        directory.resolve("fake.log"),
        Probe.http(port, "/"),
        Signal.TERM,
        patience);
  }

  private static List<String> command(Path directory, int port, Nature nature) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xmx32m",
        "-cp",
        System.getProperty("java.class.path"),
        FakeService.class.getName(),
        diary(directory).toString(),
        Integer.toString(port),
        nature.name());
  }

  static Path diary(Path directory) {
    return directory.resolve("diary");
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path diary = Path.of(arguments[0]);
    Nature nature = Nature.valueOf(arguments[2]);
    write(diary, "started");
    if (nature == Nature.BROKEN) {
      System.exit(3);
    }
    HttpServer server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[1])),
            0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(diary, nature)));
    if (nature != Nature.SILENT) {
      server.start();
    }
    Thread.currentThread().join();
  }

  private static void end(Path diary, Nature nature) {
    try {
      write(diary, "drained");
      if (nature == Nature.STUBBORN) {
        Thread.currentThread().join();
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void write(Path diary, String line) throws IOException {
    Files.writeString(diary, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
