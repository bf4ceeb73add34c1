package io.plimsoll.acceptance.platform;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A running platform with two instances of chat-service. What is killed, its supervisor starts
/// again.
public final class LocalPlatform implements AutoCloseable {

  private static final Duration COMMAND = Duration.ofMinutes(5);

  /// In seconds on a machine of its own.
  private static final Duration BACK = Duration.ofMinutes(3);

  private static @Nullable LocalPlatform shared;

  private final Path script;
  private final Path data;
  private final Map<String, String> demo = new LinkedHashMap<>();

  private LocalPlatform(Path script, Path data) {
    this.script = script;
    this.data = data;
  }

  /// The platform that all tests of this JVM share, as it is by default; stopped when the JVM ends.
  public static synchronized LocalPlatform shared() {
    LocalPlatform platform = shared;
    if (platform == null) {
      platform = up("shared-" + System.getProperty("plimsoll.fork", "1"), "default", Map.of());
      shared = platform;
    }
    return platform;
  }

  /// Starts a platform on an empty data directory.
  ///
  /// @param name of the data directory
  /// @param plan of the demo tenant
  /// @param chat environment of both instances of chat-service
  public static LocalPlatform up(String name, String plan, Map<String, String> chat) {
    Path root = root();
    Path data = Path.of("target/platform").toAbsolutePath().resolve(name);
    LocalPlatform platform = new LocalPlatform(root.resolve("platform"), data);
    // what a run that was killed left behind
    if (Files.exists(data)) {
      platform.command("down");
      platform.delete();
    }
    platform.preferOwnPorts();
    Runtime.getRuntime().addShutdownHook(new Thread(platform::close, "platform-down"));
    List<String> arguments = new ArrayList<>(List.of("up", "--detach", "--no-build"));
    arguments.addAll(List.of("--instances", "chat=2", "--plan", plan));
    for (String instance : List.of("chat", "chat-2")) {
      chat.forEach(
          (key, value) -> arguments.addAll(List.of("--env", instance + ":" + key + "=" + value)));
    }
    String output = platform.command(arguments.toArray(String[]::new));
    platform.readDemo(output);
    return platform;
  }

  /// The tree whose platform is tested: this one, unless `plimsoll.root` names another.
  private static Path root() {
    String root = System.getProperty("plimsoll.root");
    if (root != null) {
      return Path.of(root);
    }
    Path at = Path.of("").toAbsolutePath();
    while (!Files.isExecutable(at.resolve("platform"))) {
      at = at.getParent();
      if (at == null) {
        throw new IllegalStateException("no ./platform above " + Path.of("").toAbsolutePath());
      }
    }
    return at;
  }

  /// Far from the usual ports, which a platform of the developer's may take while this one starts.
  private void preferOwnPorts() {
    int at = 20_000 + ThreadLocalRandom.current().nextInt(800) * 12;
    StringBuilder ports = new StringBuilder();
    for (String name :
        List.of(
            "gateway",
            "gateway.internal",
            "auth",
            "auth.internal",
            "chat",
            "chat.internal",
            "chat-2",
            "chat-2.internal",
            "ratelimit",
            "ratelimit.internal",
            "postgres",
            "redis")) {
      ports.append(name).append('=').append(at++).append('\n');
    }
    try {
      Files.createDirectories(data);
      Files.writeString(data.resolve("ports.properties"), ports);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void readDemo(String output) {
    try {
      for (String line : Files.readAllLines(data.resolve("demo.env"))) {
        int equals = line.indexOf('=');
        if (equals > 0 && !line.startsWith("#")) {
          demo.put(line.substring(0, equals), line.substring(equals + 1));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the platform did not come up: " + output, e);
    }
  }

  /// Runs `./platform` on this data directory.
  ///
  /// @return what it printed
  /// @throws IllegalStateException if it failed
  public String command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--data", data.toString()));
    try {
      Path output = Files.createTempFile("platform", ".out");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(COMMAND.toSeconds(), TimeUnit.SECONDS);
      String text = Files.readString(output);
      Files.delete(output);
      if (!ended || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", command) + " failed: " + text);
      }
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted: " + String.join(" ", command), e);
    }
  }

  public Path data() {
    return data;
  }

  /// The launcher.
  public Path script() {
    return script;
  }

  /// A value of `demo.env`.
  public String demo(String key) {
    String value = demo.get(key);
    if (value == null) {
      throw new IllegalStateException("demo.env has no " + key + " but " + demo.keySet());
    }
    return value;
  }

  public URI url() {
    return URI.create(demo("PLIMSOLL_URL"));
  }

  /// A process as its run file shows it.
  public record Running(long pid, int port, int internalPort, String state, int restarts) {}

  /// The process of this name as it is now.
  public Running process(String name) {
    Properties properties = new Properties();
    try (Reader reader =
        Files.newBufferedReader(
            data.resolve("run").resolve(name + ".properties"), StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Running(
        Long.parseLong(properties.getProperty("pid")),
        Integer.parseInt(properties.getProperty("port")),
        Integer.parseInt(properties.getProperty("internalPort", "0")),
        properties.getProperty("state"),
        Integer.parseInt(properties.getProperty("restarts")));
  }

  /// Sends a signal to a process.
  public void signal(String name, String signal) {
    signal(List.of(process(name).pid()), signal);
  }

  /// Sends a signal to processes; those that are gone are passed over.
  public static void signal(List<Long> pids, String signal) {
    try {
      List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
      pids.forEach(pid -> command.add(Long.toString(pid)));
      new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The process and those it started.
  public List<Long> family(String name) {
    long pid = process(name).pid();
    List<Long> pids = new ArrayList<>(List.of(pid));
    ProcessHandle.of(pid)
        .ifPresent(of -> of.descendants().map(ProcessHandle::pid).forEach(pids::add));
    return pids;
  }

  /// Ends a process and keeps it down.
  public void stop(String name) {
    command("stop", name);
  }

  /// Lets a stopped process come back, and waits until it is ready.
  public void start(String name) {
    patiently("start", name);
  }

  /// Drains a process and starts it again, and waits until it is ready.
  public void restart(String name) {
    patiently("restart", name);
  }

  private void patiently(String command, String name) {
    try {
      command(command, name);
    } catch (IllegalStateException _) {
      // the launcher is less patient than a busy machine needs
      awaitReady(name);
    }
  }

  /// Waits for a process that is starting.
  ///
  /// @throws IllegalStateException if it does not become ready
  public void awaitReady(String name) {
    long until = System.nanoTime() + BACK.toNanos();
    while (!isReady(name)) {
      if (System.nanoTime() - until > 0) {
        throw new IllegalStateException(name + " was not ready again after " + BACK);
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  /// Whether this process is ready, as its supervisor sees it.
  public boolean isReady(String name) {
    Running now = process(name);
    return now.state().equals("READY")
        && ProcessHandle.of(now.pid()).filter(ProcessHandle::isAlive).isPresent();
  }

  /// The last lines of a service's log, for a report.
  public Optional<Path> log(String name) {
    Path log = data.resolve("logs").resolve(name + ".log");
    return Files.exists(log) ? Optional.of(log) : Optional.empty();
  }

  private void delete() {
    try {
      new ProcessBuilder("rm", "-rf", data.toString()).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Stops everything; what it wrote stays, for a look.
  @Override
  public synchronized void close() {
    command("down");
  }
}
