package io.plimsoll.local.backend;

import io.plimsoll.local.process.Probe;
import io.plimsoll.local.process.ProcessPlan;
import io.plimsoll.local.process.Signal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Redis 7, on the loopback interface only and without a password. Nothing of it outlives a run:
/// the platform may lose its Redis at any time.
public final class Redis {

  private static final String EXECUTABLE = "redis-server";

  private final Path server;
  private final Path log;
  private final int port;

  /// @param home where the binary is kept
  public Redis(Path home, Path log, int port) {
    this.server = home.resolve("server");
    this.log = log;
    this.port = port;
  }

  public ProcessPlan plan() {
    return new ProcessPlan(
        "redis",
        port,
        0,
        "redis 7 on " + port,
        this::command,
        Map.of(),
        log,
        ready(port),
        Signal.TERM,
        Duration.ofSeconds(10));
  }

  /// Whether a server answers on this port.
  public static Probe ready(int port) {
    return Probe.line(port, "PING", "+PONG");
  }

  private List<String> command() throws IOException {
    Unpacked.executable(Machine.here().redisExecutable(), server, EXECUTABLE);
    return List.of(
        server.resolve(EXECUTABLE).toString(),
        "--bind",
        "127.0.0.1",
        "--port",
        Integer.toString(port),
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        server.toString());
  }
}
