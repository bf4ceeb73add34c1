package io.plimsoll.local.service;

import io.plimsoll.local.backend.Postgres;
import io.plimsoll.local.process.Ports;
import io.plimsoll.local.process.ProcessIdentity;
import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.process.RunFile.State;
import io.plimsoll.local.process.Session;
import io.plimsoll.local.process.Signal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Makes the start-up caches (JEP 483, 514, 515) that let a service start in a third of the time:
/// for each service that has none since its last build, one *rehearsal*, that is a start and an end
/// with a database of its own while the JVM records what it loads. The gateway is asked for a
/// public document meanwhile, so that what every request runs through is recorded with its
/// profiles.
///
/// The JVM writes the cache when it ends, which takes as long as the start itself. So rehearsals
/// come after everything is ready, one at a time, and at the lowest priority, and the first starts
/// after a build go without. One that fails is only told, and is tried again at the next `up`.
public final class StartupCaches {

  /// The name of the rehearsal's run file, by which a killed supervisor's rehearsal is found.
  static final String NAME = "rehearsal";

  private static final Duration QUIET = Duration.ofSeconds(3);
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration TICK = Duration.ofMillis(200);

  /// More than C2 wants of a method before it compiles it.
  private static final int REQUESTS = 20_000;

  private static final Duration ASKING = Duration.ofSeconds(20);

  /// A service's start, as it is rehearsed.
  ///
  /// @param command makes the command, given the JVM's further options
  /// @param database the name of its own database, null when it has none
  /// @param asked the path of a document that it is asked for, null when it is asked for nothing
  record Play(
      Application application,
      Cast command,
      Map<String, String> environment,
      @Nullable String database,
      @Nullable String asked) {

    @FunctionalInterface
    interface Cast {
      List<String> with(String option) throws IOException, InterruptedException;
    }
  }

  private final List<Play> plays;
  private final Postgres postgres;
  private final RunFile runFile;
  private final Path log;
  private final Consumer<String> narrator;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread =
      Thread.ofPlatform().name("start-up-caches").daemon().unstarted(this::makeAll);

  /// @param run where the rehearsal's run file is kept
  public StartupCaches(
      Services services, Postgres postgres, Path run, Path log, Consumer<String> narrator) {
    this.plays = services.plays();
    this.postgres = postgres;
    this.runFile = new RunFile(run, NAME);
    this.log = log;
    this.narrator = narrator;
  }

  public void start() {
    thread.start();
  }

  /// Gives up what is under way. Returns when its process is gone.
  public void end() throws InterruptedException {
    ended.countDown();
    thread.join();
  }

  private void makeAll() {
    try {
      if (ended.await(QUIET.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
      boolean made = false;
      for (Play play : plays) {
        if (ended.getCount() > 0 && !Files.exists(play.application().cache())) {
          made |= make(play);
        }
      }
      if (made) {
        narrator.accept("the next starts will be faster: start-up caches are made");
      }
    } catch (IOException | InterruptedException e) {
      narrator.accept("start-up caches could not be made: " + e);
    }
  }

  private boolean make(Play play) throws IOException, InterruptedException {
    Path cache = play.application().cache();
    Path fresh = cache.resolveSibling("new-" + ProcessHandle.current().pid() + ".aot");
    try {
      if (play.database() != null) {
        postgres.dropDatabase(play.database());
        postgres.createDatabase(play.database());
      }
      rehearse(play, fresh);
      if (!Files.exists(fresh)) {
        throw new IOException("the JVM wrote none");
      }
      Files.move(fresh, cache, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (IOException | SQLException e) {
      if (ended.getCount() > 0) {
        narrator.accept(
            "no start-up cache for %s: %s (%s)"
                .formatted(play.application().module(), e.getMessage(), log));
      }
      return false;
    } finally {
      Files.deleteIfExists(fresh);
      // what the JVM records into before it writes the cache
      Files.deleteIfExists(fresh.resolveSibling(fresh.getFileName() + ".config"));
      forget(play);
    }
  }

  private void forget(Play play) {
    if (play.database() != null) {
      try {
        postgres.dropDatabase(play.database());
      } catch (SQLException e) {
        // PostgreSQL is being killed or ended: the next rehearsal drops it
      }
    }
  }

  private void rehearse(Play play, Path cache) throws IOException, InterruptedException {
    List<String> command =
        Session.ofItsOwn(idle(play.command().with("-XX:AOTCacheOutput=" + cache)));
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()));
    // chosen only now, for another platform's rehearsal could answer in this one's place
    int port = Ports.passing();
    int internalPort = Ports.passing();
    Session.forgetConfiguration(builder);
    builder.environment().putAll(play.environment());
    builder.environment().put("SERVER_PORT", Integer.toString(port));
    builder.environment().put("MANAGEMENT_SERVER_PORT", Integer.toString(internalPort));
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      remember(process, play, port, internalPort);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!Services.ready(internalPort).ready()) {
        step(process, deadline);
        if (!process.isAlive()) {
          throw new IOException("it ended before it was ready");
        }
      }
      if (play.asked() != null) {
        ask(URI.create("http://127.0.0.1:" + port + play.asked()));
      }
      process.destroy();
      while (process.isAlive()) {
        step(process, deadline);
      }
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
      runFile.delete();
    }
  }

  /// As many times as there are, in the time that there is.
  private void ask(URI document) throws IOException, InterruptedException {
    long until = System.nanoTime() + ASKING.toNanos();
    HttpRequest request = HttpRequest.newBuilder(document).timeout(ASKING).build();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (int i = 0; i < REQUESTS && ended.getCount() > 0 && System.nanoTime() - until < 0; i++) {
        client.send(request, BodyHandlers.discarding());
      }
    }
  }

  private void step(Process process, long deadline) throws IOException, InterruptedException {
    if (ended.getCount() == 0) {
      throw new IOException("the platform ends");
    }
    if (System.nanoTime() >= deadline) {
      throw new IOException("it took longer than " + PATIENCE.toMinutes() + " min");
    }
    process.waitFor(TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void remember(Process process, Play play, int port, int internalPort) {
    ProcessIdentity.of(process.pid())
        .ifPresent(
            identity ->
                runFile.write(
                    new RunFile.Entry(
                        NAME,
                        identity,
                        port,
                        internalPort,
                        play.application().module(),
                        Signal.KILL,
                        State.STARTING,
                        0,
                        Instant.now())));
  }

  /// What has no other work takes the time. Linux weighs sessions before it looks at the processes
  /// in them (autogroups), so the rehearsal's own session has to be made light, too; light enough
  /// not to be felt, and heavy enough to come to an end on a machine that is busy for hours.
  private static List<String> idle(List<String> command) {
    var all = new ArrayList<String>();
    all.addAll(
        List.of("sh", "-c", "echo 10 2>/dev/null >/proc/self/autogroup; exec \"$@\"", "rehearsal"));
    if (Session.onPath("chrt")) {
      all.addAll(List.of("chrt", "--idle", "0"));
    }
    all.addAll(List.of("nice", "-n", "19"));
    all.addAll(command);
    return all;
  }
}
