package io.plimsoll.acceptance.faults;

import io.plimsoll.acceptance.platform.LocalPlatform;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;

/// Every fault, and a schedule of them drawn from a seed: first each once in random order, then at
/// random until time is over.
final class Faults {

  static final List<String> PROCESSES =
      List.of("gateway", "auth", "ratelimit", "chat", "chat-2", "postgres", "redis");

  private final LocalPlatform platform;
  private final FaultLog log;
  private final Scale scale;
  private final Supplier<String> soFar;
  private final Random random;
  private final List<Fault> all = new ArrayList<>();
  private final Map<String, Integer> counts = new TreeMap<>();

  private interface Action {
    void run() throws IOException;
  }

  private record Fault(String name, Action action) {}

  /// @param soFar what to log of the readers after each fault
  Faults(LocalPlatform platform, FaultLog log, Scale scale, Supplier<String> soFar) {
    this.platform = platform;
    this.log = log;
    this.scale = scale;
    this.soFar = soFar;
    random = new Random(scale.seed());
    for (String process : PROCESSES) {
      all.add(new Fault("kill -9 " + process, () -> platform.signal(process, "KILL")));
      all.add(new Fault("kill -STOP " + process, () -> freeze(process)));
    }
    all.add(new Fault("redis FLUSHALL", () -> redis("FLUSHALL")));
    all.add(new Fault("redis CLIENT KILL", () -> redis("CLIENT KILL SKIPME yes")));
    all.add(
        new Fault(
            "redis CLIENT PAUSE",
            () -> {
              redis("CLIENT PAUSE " + scale.freeze().toMillis() + " ALL");
              Workload.pause(scale.freeze());
            }));
    all.add(new Fault("hold down redis", () -> hold("redis")));
    all.add(new Fault("postgres fast restart", () -> platform.signal("postgres", "INT")));
    all.add(new Fault("drain chat", () -> platform.restart("chat")));
    all.add(new Fault("hold down chat and chat-2", () -> hold("chat", "chat-2")));
    if (Scale.isLong()) {
      all.add(new Fault("postgres immediate restart", () -> platform.signal("postgres", "QUIT")));
      all.add(new Fault("kill -9 chat and chat-2", this::killBoth));
      all.add(new Fault("drain chat-2", () -> platform.restart("chat-2")));
      all.add(new Fault("drain gateway", () -> platform.restart("gateway")));
      all.add(new Fault("hold down postgres", () -> hold("postgres")));
      all.add(new Fault("hold down gateway", () -> hold("gateway")));
      all.add(new Fault("hold down auth", () -> hold("auth")));
      all.add(new Fault("hold down ratelimit", () -> hold("ratelimit")));
    }
  }

  private void redis(String command) throws IOException {
    log.line("  redis answers " + Redis.command(platform, command));
  }

  private void killBoth() {
    platform.signal("chat", "KILL");
    platform.signal("chat-2", "KILL");
  }

  private void freeze(String process) {
    List<Long> family = platform.family(process);
    LocalPlatform.signal(family, "STOP");
    try {
      Workload.pause(scale.freeze());
    } finally {
      LocalPlatform.signal(family, "CONT");
    }
  }

  private void hold(String... processes) {
    for (String process : processes) {
      platform.stop(process);
    }
    try {
      Workload.pause(scale.freeze());
    } finally {
      for (String process : processes) {
        platform.start(process);
      }
    }
  }

  /// Runs the schedule; each fault is over, and what died is back, before the next one, now and
  /// then two at once.
  ///
  /// @throws IllegalStateException if a process does not come back
  void run() {
    List<Fault> first = new ArrayList<>(all);
    Collections.shuffle(first, random);
    long until = System.nanoTime() + scale.duration().toNanos();
    first.forEach(this::inject);
    while (System.nanoTime() - until < 0) {
      inject(all.get(random.nextInt(all.size())));
    }
  }

  private void inject(Fault fault) {
    log.line("fault: " + fault.name());
    counts.merge(fault.name(), 1, Integer::sum);
    long began = System.nanoTime();
    try {
      fault.action().run();
    } catch (IOException e) {
      log.line("  failed: " + e);
    }
    // half of the time into the recovery of the one before
    if (random.nextBoolean()) {
      awaitAllReady();
      log.line("  all ready after " + (System.nanoTime() - began) / 1_000_000 + " ms");
    }
    Workload.pause(scale.gap().plusMillis(random.nextLong(scale.gap().toMillis())));
    log.line("  " + soFar.get());
  }

  void awaitAllReady() {
    Workload.pause(Duration.ofMillis(300)); // until the supervisor has noticed
    PROCESSES.forEach(platform::awaitReady);
  }

  Map<String, Integer> counts() {
    return new TreeMap<>(counts);
  }
}
