package io.plimsoll.local;

import io.plimsoll.local.backend.Postgres;
import io.plimsoll.local.backend.Redis;
import io.plimsoll.local.process.Probe;
import io.plimsoll.local.process.ProcessIdentity;
import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.process.RunFile.State;
import io.plimsoll.local.process.Session;
import io.plimsoll.local.process.Signal;
import io.plimsoll.local.service.Services;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// The short-lived commands. They act by signals and by the files of the data directory, so they
/// work, as far as they can, without a supervisor too.
final class Commands {

  private static final Duration TICK = Duration.ofMillis(50);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration DOWN_PATIENCE = Duration.ofSeconds(150);
  private static final int NOT_RUNNING = 3;

  private final Options options;
  private final DataDirectory data;
  private final Launcher launcher;
  private final PrintStream out;

  Commands(Options options, Launcher launcher, PrintStream out) {
    this.options = options;
    this.data = options.data();
    this.launcher = launcher;
    this.out = out;
  }

  int up() throws IOException, InterruptedException {
    ClassPath.check(System.getProperty("java.class.path"));
    data.create();
    // held until this process ends: whoever does not get it follows
    Optional<FileLock> mine = data.startLock();
    while (mine.isEmpty() && data.supervisor().isEmpty()) {
      Thread.sleep(TICK);
      mine = data.startLock();
    }
    Optional<RunFile.Entry> supervisor = data.supervisor();
    if (supervisor.isPresent()) {
      out.println(
          supervisor.get().state() == State.READY
              ? "already up"
              : "another `up` is starting it: waiting until it is ready");
      return follow(supervisor.get().identity().pid(), size(log())) && startHeld() ? welcome() : 1;
    }
    Files.deleteIfExists(data.run().resolve(DataDirectory.SUPERVISOR + ".properties"));
    long from = size(log());
    // a signal before everything is ready takes back what was begun, from the first moment on
    var begun = new CompletableFuture<Process>();
    var hook = new Thread(() -> interrupt(begun));
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      begun.complete(supervise());
    } finally {
      begun.cancel(false); // unless it is complete
    }
    boolean ready = follow(begun.join().pid(), from);
    try {
      // from here on a signal leaves it alone: the caller, who sees that it is up, ends it
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      return 1; // the signal came, and ends this process
    }
    return ready ? welcome() : 1;
  }

  /// Lets come back what was stopped; false when something of it does not become ready.
  private boolean startHeld() throws IOException, InterruptedException {
    List<RunFile.Entry> held =
        data.entries().stream().filter(entry -> data.runFile(entry.name()).held()).toList();
    held.forEach(entry -> data.runFile(entry.name()).release());
    boolean ready = true;
    for (RunFile.Entry entry : held) {
      ready &= awaitReady(entry) == 0;
    }
    return ready;
  }

  private int welcome() throws IOException {
    out.print(Welcome.text(data, launcher, options.hint()));
    return 0;
  }

  private static void interrupt(CompletableFuture<Process> begun) {
    try {
      Process process = begun.get();
      process.destroy();
      process.waitFor();
    } catch (CancellationException | ExecutionException _) {
      // nothing was begun
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Path log() {
    return data.log(DataDirectory.SUPERVISOR);
  }

  private Process supervise() throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx64m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseCompactObjectHeaders",
            "-Dplimsoll.root=" + launcher.root(),
            "-cp",
            classPath(),
            Main.class.getName(),
            "supervise",
            "--data",
            data.path().toString(),
            "--plan",
            options.services().plan()));
    options
        .services()
        .instances()
        .forEach((name, count) -> command.addAll(List.of("--instances", name + "=" + count)));
    options
        .services()
        .environment()
        .forEach(
            (name, variables) ->
                variables.forEach(
                    (key, value) ->
                        command.addAll(List.of("--env", name + ":" + key + "=" + value))));
    return new ProcessBuilder(Session.ofItsOwn(command))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .start();
  }

  /// The supervisor runs a copy of this jar: a build under its feet would break it.
  private String classPath() throws IOException {
    String classPath = System.getProperty("java.class.path");
    if (!classPath.endsWith(".jar") || classPath.contains(":")) {
      return classPath;
    }
    Path copy = data.run().resolve("platform-local.jar");
    Files.copy(Path.of(classPath), copy, StandardCopyOption.REPLACE_EXISTING);
    return copy.toString();
  }

  /// Prints what the supervisor says from there on, until it is ready, or gone: then false.
  private boolean follow(long pid, long from) throws IOException, InterruptedException {
    long at = from;
    while (true) {
      boolean alive = ProcessIdentity.of(pid).isPresent();
      boolean ready =
          data.supervisor()
              .filter(entry -> entry.identity().pid() == pid && entry.state() == State.READY)
              .isPresent();
      at = copy(at);
      if (ready) {
        return true;
      }
      if (!alive) {
        out.println("the platform did not come up; all that was said: " + log());
        return false;
      }
      Thread.sleep(TICK);
    }
  }

  private long copy(long from) throws IOException {
    try (var file = new RandomAccessFile(log().toFile(), "r")) {
      file.seek(from);
      byte[] more = new byte[(int) Math.max(0, file.length() - from)];
      file.readFully(more);
      out.print(new String(more, StandardCharsets.UTF_8));
      out.flush();
      return from + more.length;
    }
  }

  private static long size(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }

  int down() throws IOException, InterruptedException {
    Optional<RunFile.Entry> supervisor = data.supervisor();
    if (supervisor.isPresent()) {
      long from = size(log());
      supervisor.get().identity().signal(Signal.TERM);
      long deadline = System.nanoTime() + DOWN_PATIENCE.toNanos();
      while (supervisor.get().identity().alive() && System.nanoTime() < deadline) {
        from = copy(from);
        Thread.sleep(TICK);
      }
      copy(from);
      if (supervisor.get().identity().alive()) {
        supervisor.get().identity().signal(Signal.KILL);
      }
    }
    List<RunFile.Entry> left = data.entries().stream().filter(e -> e.identity().alive()).toList();
    // services first: they need the others to drain
    Leftovers.end(data, left.stream().filter(e -> e.internalPort() != 0).toList(), out::println);
    Leftovers.end(data, left.stream().filter(e -> e.internalPort() == 0).toList(), out::println);
    Files.deleteIfExists(data.demoEnvironment());
    if (supervisor.isEmpty() && left.isEmpty()) {
      out.println("nothing was running");
    }
    return 0;
  }

  int status() throws IOException {
    Optional<RunFile.Entry> supervisor = data.supervisor();
    List<RunFile.Entry> entries = data.entries();
    var rows = new ArrayList<Row>();
    entries.stream().parallel().map(Commands::row).forEachOrdered(rows::add);
    boolean runs = supervisor.isPresent() || rows.stream().anyMatch(row -> row.pid() != 0);
    if (options.json()) {
      out.println(Row.json(supervisor.map(entry -> entry.identity().pid()).orElse(0L), rows));
    } else if (!runs) {
      out.println("not running (" + data.path() + ")");
    } else {
      out.println(
          supervisor
              .map(entry -> "supervised by process " + entry.identity().pid())
              .orElse(
                  "NOT SUPERVISED: `"
                      + launcher.line(data, "up")
                      + "` takes it over, `"
                      + launcher.line(data, "down")
                      + "` ends it"));
      out.print(Row.table(rows));
    }
    return runs ? 0 : NOT_RUNNING;
  }

  /// The supervisor's word, checked against the machine as it is now.
  private static Row row(RunFile.Entry entry) {
    boolean alive = entry.identity().alive();
    String state = entry.state().name().toLowerCase(Locale.ROOT);
    if (!alive && (entry.state() == State.READY || entry.state() == State.STARTING)) {
      state = "dead";
    } else if (entry.state() == State.READY && !probe(entry).ready()) {
      state = "not answering";
    }
    return new Row(
        entry.name(),
        alive ? entry.identity().pid() : 0,
        entry.port(),
        entry.internalPort(),
        state,
        entry.restarts(),
        Duration.between(entry.since(), Instant.now()));
  }

  private static Probe probe(RunFile.Entry entry) {
    return switch (entry.name()) {
      case "postgres" -> Postgres.ready(entry.port());
      case "redis" -> Redis.ready(entry.port());
      default -> Services.ready(entry.internalPort());
    };
  }

  int restart() throws IOException, InterruptedException {
    RunFile.Entry entry = supervised();
    data.runFile(entry.name()).release();
    entry.identity().signal(entry.stop());
    if (!Leftovers.gone(entry.identity(), PATIENCE)) {
      out.println(
          entry.name() + " did not end within " + PATIENCE.toSeconds() + " s and is killed");
      entry.identity().signal(Signal.KILL);
    }
    return awaitReady(entry);
  }

  int stop() throws IOException, InterruptedException {
    RunFile.Entry entry = supervised();
    data.runFile(entry.name()).hold();
    return await(entry, State.HELD, " is held down");
  }

  int start() throws IOException, InterruptedException {
    RunFile.Entry entry = supervised();
    data.runFile(entry.name()).release();
    return awaitReady(entry);
  }

  int kill() throws IOException {
    RunFile.Entry entry = named();
    if (!entry.identity().alive()) {
      out.println(entry.name() + " is not running");
      return 1;
    }
    entry.identity().signal(Signal.KILL);
    out.println("killed " + entry.name() + ", process " + entry.identity().pid());
    return 0;
  }

  private int awaitReady(RunFile.Entry before) throws InterruptedException {
    return await(before, State.READY, " is ready");
  }

  private int await(RunFile.Entry before, State state, String words) throws InterruptedException {
    long began = System.nanoTime();
    while (System.nanoTime() - began < PATIENCE.toNanos()) {
      Optional<RunFile.Entry> now = data.runFile(before.name()).read();
      if (now.isPresent()
          && now.get().state() == state
          && (state == State.HELD || now.get().identity().alive())) {
        out.printf("%s%s after %.1f s%n", before.name(), words, (System.nanoTime() - began) / 1e9);
        return 0;
      }
      Thread.sleep(TICK);
    }
    out.println(
        before.name()
            + " is still not "
            + state.name().toLowerCase(Locale.ROOT)
            + ": see "
            + data.log(before.name()));
    return 1;
  }

  private RunFile.Entry supervised() throws IOException {
    RunFile.Entry entry = named();
    if (data.supervisor().isEmpty()) {
      throw new IllegalStateException(
          "nobody would start it again: the supervisor was killed; "
              + launcher.line(data, "up")
              + " takes over what it left");
    }
    return entry;
  }

  private RunFile.Entry named() throws IOException {
    List<String> names = data.entries().stream().map(RunFile.Entry::name).toList();
    if (names.isEmpty()) {
      throw new IllegalStateException("the platform is not up: " + launcher.line(data, "up"));
    }
    if (options.operands().size() != 1) {
      throw new UsageException(options.command() + " needs the name of one of " + names);
    }
    String name = options.operands().getFirst();
    return data.runFile(name)
        .read()
        .orElseThrow(() -> new UsageException("there is no " + name + " among " + names));
  }
}
