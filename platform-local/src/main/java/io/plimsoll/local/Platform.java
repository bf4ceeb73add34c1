package io.plimsoll.local;

import io.plimsoll.local.backend.Postgres;
import io.plimsoll.local.backend.Redis;
import io.plimsoll.local.process.Ports;
import io.plimsoll.local.process.ProcessPlan;
import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.process.Supervised;
import io.plimsoll.local.service.Demo;
import io.plimsoll.local.service.Secrets;
import io.plimsoll.local.service.Services;
import io.plimsoll.local.service.StartupCaches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Everything that runs on this machine: in order up, in the opposite order down.
///
/// PostgreSQL and Redis come first, then the services all at once, then the demo tenant through
/// their APIs. Down go the services (they drain), then Redis, then PostgreSQL. Adding a service is
/// an entry in [Services].
final class Platform {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long LARGE_LOG = 16 << 20;
  private static final int LAST_LINES = 30;

  private final DataDirectory data;
  private final Path root;
  private final Options options;
  private final Consumer<String> narrator;
  private final List<Supervised> backends = new ArrayList<>();
  private final List<Supervised> services = new ArrayList<>();
  private @Nullable StartupCaches caches;
  private boolean stopping;

  /// @param root the repository, where the services' jars lie
  /// @param narrator told of each step, a line each
  Platform(DataDirectory data, Path root, Options options, Consumer<String> narrator) {
    this.data = data;
    this.root = root;
    this.options = options;
    this.narrator = narrator;
  }

  /// Starts everything, or takes over what still runs; returns when all is ready and `demo.env` is
  /// written.
  ///
  /// @throws StartFailedException with the words for the caller, when something does not come up
  void start() throws Exception {
    Files.deleteIfExists(data.demoEnvironment());
    List<RunFile.Entry> left = data.entries();
    Map<String, Integer> running = new HashMap<>();
    for (RunFile.Entry entry : left) {
      if (entry.identity().alive()) {
        running.put(entry.name(), entry.port());
        running.put(entry.name() + Services.INTERNAL, entry.internalPort());
      }
    }
    var ports = new Ports(data.ports());
    int postgresPort = ports.pick("postgres", 5432, running.getOrDefault("postgres", 0));
    int redisPort = ports.pick("redis", 6379, running.getOrDefault("redis", 0));
    var made =
        new Services(
            root,
            options.services(),
            data.secrets(),
            data::log,
            ports,
            name -> running.getOrDefault(name, 0),
            postgresPort,
            redisPort);
    ports.keep();
    data.secrets().make();
    CompletableFuture<Void> prepared = CompletableFuture.runAsync(() -> prepare(made));

    var postgres = new Postgres(data.postgres(), data.log("postgres"), postgresPort);
    var redis = new Redis(data.redis(), data.log("redis"), redisPort);
    List<ProcessPlan> backendPlans = List.of(postgres.plan(), redis.plan());
    List<ProcessPlan> servicePlans = made.plans();
    endStrangers(left, backendPlans, servicePlans);

    narrator.accept("starting PostgreSQL and Redis");
    launch(backendPlans, backends);
    await(backends);
    for (String database : made.databases()) {
      postgres.createDatabase(database);
    }
    prepared.join();
    narrator.accept(
        "starting "
            + servicePlans.stream().map(ProcessPlan::name).collect(Collectors.joining(", ")));
    launch(servicePlans, services);
    await(services);

    var demo = new Demo(made, data.secrets());
    demo.tenant(options.services().plan());
    Demo.Key key = demo.key();
    demo.lobby(key);
    writeDemoEnvironment(made, key, postgresPort, redisPort);
    synchronized (this) {
      caches = new StartupCaches(made, postgres, data.run(), data.log("rehearsal"), narrator);
      caches.start();
    }
  }

  private static void prepare(Services services) {
    try {
      services.prepare();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// What an earlier run left that this one does not have.
  private void endStrangers(
      List<RunFile.Entry> left, List<ProcessPlan> backends, List<ProcessPlan> services)
      throws InterruptedException {
    for (RunFile.Entry entry : left) {
      boolean known =
          Stream.concat(backends.stream(), services.stream())
              .anyMatch(plan -> plan.name().equals(entry.name()));
      if (!known) {
        Leftovers.end(data, List.of(entry), narrator);
      }
    }
  }

  private synchronized void launch(List<ProcessPlan> plans, List<Supervised> into)
      throws IOException {
    if (stopping) {
      throw new StartFailedException("stopped before everything was ready");
    }
    for (ProcessPlan plan : plans) {
      data.runFile(plan.name()).release();
      rotate(plan.log());
      var supervised = new Supervised(plan, data.run(), narrator);
      into.add(supervised);
      supervised.start();
    }
  }

  private static void rotate(Path log) throws IOException {
    if (Files.exists(log) && Files.size(log) > LARGE_LOG) {
      Files.move(
          log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void await(List<Supervised> all) throws InterruptedException, IOException {
    for (Supervised one : all) {
      if (!one.awaitReady(PATIENCE)) {
        Path log = one.plan().log();
        throw new StartFailedException(
            one.plan().name()
                + " does not become ready; the end of "
                + log
                + ":\n"
                + lastLines(log));
      }
    }
  }

  private static String lastLines(Path log) throws IOException {
    if (!Files.exists(log)) {
      return "  (nothing)";
    }
    List<String> lines = Files.readAllLines(log);
    return lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()).stream()
        .map(line -> "  " + line)
        .collect(Collectors.joining("\n"));
  }

  private void writeDemoEnvironment(Services services, Demo.Key key, int postgres, int redis)
      throws IOException {
    var lines = new ArrayList<String>();
    lines.add("PLIMSOLL_URL=" + services.url());
    lines.add("PLIMSOLL_TENANT=" + Demo.TENANT);
    lines.add("PLIMSOLL_KEY_ID=" + key.id());
    lines.add("PLIMSOLL_KEY_SECRET=" + key.secret());
    lines.add("PLIMSOLL_SIGNING_KEY_ID=" + key.id());
    lines.add(
        "PLIMSOLL_SIGNING_KEY_FILE="
            + Launcher.quoted(data.secrets().demoSigningKey().toAbsolutePath().toString()));
    lines.add("PLIMSOLL_REDIS=127.0.0.1:" + redis);
    lines.add("PLIMSOLL_POSTGRES=127.0.0.1:" + postgres);
    services.addresses().forEach((name, address) -> lines.add(name + "=" + address));
    lines.add("PLIMSOLL_ADMIN_URL=" + services.adminUrl());
    lines.add("PLIMSOLL_ADMIN_TOKEN=" + data.secrets().operator());
    Secrets.write(data.demoEnvironment(), String.join("\n", lines) + "\n");
  }

  /// Ends everything and returns when it is gone; also while [#start] is under way.
  void stop() throws InterruptedException, IOException {
    synchronized (this) {
      stopping = true;
    }
    Files.deleteIfExists(data.demoEnvironment());
    if (caches != null) {
      caches.end();
    }
    if (!services.isEmpty()) {
      narrator.accept("draining the services");
    }
    endAll(services);
    for (Supervised backend : backends.reversed()) {
      narrator.accept("stopping " + backend.plan().name());
      backend.end();
    }
    backends.clear();
  }

  private static void endAll(List<Supervised> all) throws InterruptedException {
    var ends = new ArrayList<Thread>();
    for (Supervised one : all) {
      ends.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      one.end();
                    } catch (InterruptedException _) {
                      Thread.currentThread().interrupt();
                    }
                  }));
    }
    for (Thread end : ends) {
      end.join();
    }
    all.clear();
  }
}
