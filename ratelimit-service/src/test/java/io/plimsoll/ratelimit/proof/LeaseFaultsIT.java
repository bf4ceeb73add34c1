package io.plimsoll.ratelimit.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.ratelimit.proof.GatewayProcess.Mode;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/// Three gateways' halves, each a process, press on one bucket of each store-away mode while
/// whatever can break does, in random order: a minute, or as long as `-Dplimsoll.faults=30m` says,
/// by the schedule of `-Dplimsoll.faults.seed`. What was done stands in `target/limit-faults.log`.
class LeaseFaultsIT {

  private static final double RATE = 100;
  private static final int BURST = 60;
  private static final int MOST = 30;
  private static final int GATEWAYS = 3;
  private static final int MAX_GATEWAYS = 4;

  /// What a gateway that is cut off may admit at once.
  private static final double SHARED = 1 + 0.25 * RATE / MAX_GATEWAYS;

  private static final long NEW_TOKENS = TimeUnit.MINUTES.toNanos(1);

  private final long seed = Long.getLong("plimsoll.faults.seed", System.currentTimeMillis());
  private final Random random = new Random(seed);
  private final String tenant = TestRatelimit.newName("faults");
  private final Map<Mode, Admissions> admissions = new EnumMap<>(Mode.class);
  private final List<GatewayProcess> gateways = new ArrayList<>();
  private final List<Long> kills = new ArrayList<>();
  private long tokensAt = System.nanoTime();

  private interface Action {
    void run() throws Exception;
  }

  private record Fault(String name, Action action) {}

  private static Duration duration() {
    String asked = System.getProperty("plimsoll.faults", "60s");
    return Duration.parse("PT" + asked.toUpperCase(Locale.ROOT));
  }

  @Test
  void neverAdmitMoreThanTheBoundOfEachStoreAwayMode() throws Exception {
    try (TestServer redis = TestBackends.privateRedis();
        TestRatelimit service =
            TestRatelimit.start(
                redis, Map.of("plimsoll.ratelimit.max-gateways", String.valueOf(MAX_GATEWAYS)));
        PrintWriter log =
            new PrintWriter(
                Files.newBufferedWriter(
                    Files.createDirectories(Path.of("target")).resolve("limit-faults.log"),
                    StandardCharsets.UTF_8),
                true)) {
      for (Mode mode : Mode.values()) {
        admissions.put(mode, new Admissions());
        service.policy(
            tenant + "-" + mode.text(),
            "\"per\":\"user\",\"rate\":%s,\"burst\":%d,\"storeAway\":\"%s\""
                .formatted(RATE, BURST, mode.text()));
      }
      log.println("seed " + seed);
      try {
        for (int i = 0; i < GATEWAYS; i++) {
          gateways.add(gateway(service));
        }
        gateways.forEach(this::flows);
        run(faults(service, redis), log);
        gateways.forEach(this::flows);
      } finally {
        gateways.forEach(GatewayProcess::kill);
      }
      double held = GATEWAYS * MOST + BURST;
      double hold = all(Mode.HOLD).neverExceed(held, RATE, List.of(), 0);
      // each gateway that lived in a window may have been cut off in it
      double share =
          all(Mode.SHARE)
              .neverExceed(
                  held + GATEWAYS * SHARED, RATE + GATEWAYS * RATE / MAX_GATEWAYS, kills, SHARED);
      log.printf(
          Locale.ROOT,
          "%d, %d and %d admitted; hold stayed %.0f below its bound, share %.0f%n",
          all(Mode.HOLD).size(),
          all(Mode.SHARE).size(),
          all(Mode.OPEN).size(),
          hold,
          share);
    }
  }

  private Admissions all(Mode mode) {
    return Objects.requireNonNull(admissions.get(mode));
  }

  private GatewayProcess gateway(TestRatelimit service) {
    return new GatewayProcess(service.internal(), tenant, admissions);
  }

  /// Until it was let through, whatever broke before.
  private void flows(GatewayProcess gateway) {
    for (Mode mode : Mode.values()) {
      int before = gateway.admitted(mode);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> gateway.admitted(mode) > before + 5);
    }
  }

  private void run(List<Fault> faults, PrintWriter log) throws Exception {
    long until = System.nanoTime() + duration().toNanos();
    List<Fault> first = new ArrayList<>(faults);
    Collections.shuffle(first, random);
    int done = 0;
    // each once, however short the run
    while (done < first.size() || System.nanoTime() - until < 0) {
      Fault fault =
          done < first.size() ? first.get(done) : faults.get(random.nextInt(faults.size()));
      done++;
      log.println(
          Instant.now()
              + " "
              + fault.name()
              + ", admitted "
              + all(Mode.HOLD).size()
              + " "
              + all(Mode.SHARE).size()
              + " "
              + all(Mode.OPEN).size());
      fault.action().run();
      if (System.nanoTime() - tokensAt >= NEW_TOKENS) {
        gateways.forEach(GatewayProcess::token);
        tokensAt = System.nanoTime();
      }
      pause(100, 1_000);
    }
  }

  private List<Fault> faults(TestRatelimit service, TestServer redis) {
    return List.of(
        new Fault("kill -9 of a gateway", () -> killOne(service)),
        new Fault("kill -9 of a gateway that is cut off", () -> killOneCutOff(service)),
        new Fault("kill -9 of all gateways", () -> killAll(service)),
        new Fault("a gateway frozen", this::freezeOne),
        new Fault("a gateway cut off", () -> cutOff(List.of(one()))),
        new Fault("all gateways cut off", () -> cutOff(gateways)),
        new Fault("calls doubled, answers lost", this::lose),
        new Fault("redis paused", () -> pauseRedis(service)),
        new Fault("redis paused in a row", () -> pauseRedisOften(service)),
        new Fault("redis FLUSHALL", () -> flush(service)),
        new Fault(
            "redis restarted",
            () -> {
              redis.stop();
              pause(100, 1_500);
              redis.start();
            }));
  }

  private GatewayProcess one() {
    return gateways.get(random.nextInt(GATEWAYS));
  }

  private void killOne(TestRatelimit service) {
    int index = random.nextInt(GATEWAYS);
    kills.add(System.nanoTime());
    gateways.get(index).kill();
    gateways.set(index, gateway(service));
  }

  private void killOneCutOff(TestRatelimit service) {
    int index = random.nextInt(GATEWAYS);
    gateways.get(index).order("cut");
    pause(200, 2_000);
    kills.add(System.nanoTime());
    gateways.get(index).kill();
    gateways.set(index, gateway(service));
  }

  private void killAll(TestRatelimit service) {
    for (int i = 0; i < GATEWAYS; i++) {
      kills.add(System.nanoTime());
      gateways.get(i).kill();
      gateways.set(i, gateway(service));
    }
  }

  /// Past the life of its leases now and then.
  private void freezeOne() {
    GatewayProcess frozen = one();
    frozen.signal("-STOP");
    try {
      pause(500, random.nextInt(4) == 0 ? 12_000 : 3_000);
    } finally {
      frozen.signal("-CONT");
    }
  }

  private void cutOff(List<GatewayProcess> some) {
    some.forEach(gateway -> gateway.order("cut"));
    int[] before = some.stream().mapToInt(gateway -> gateway.admitted(Mode.OPEN)).toArray();
    pause(1_000, 4_000);
    for (int i = 0; i < before.length; i++) {
      int index = i;
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> some.get(index).admitted(Mode.OPEN) > before[index]);
    }
    some.forEach(gateway -> gateway.order("heal"));
  }

  private void lose() {
    gateways.forEach(gateway -> gateway.order("unsteady"));
    pause(1_000, 4_000);
    gateways.forEach(gateway -> gateway.order("steady"));
  }

  private void pauseRedis(TestRatelimit service) throws Exception {
    String pid = processOfRedis(service);
    signal("-STOP", pid);
    try {
      pause(300, 4_000);
    } finally {
      signal("-CONT", pid);
    }
  }

  private void pauseRedisOften(TestRatelimit service) throws Exception {
    String pid = processOfRedis(service);
    for (int i = 0; i < 10; i++) {
      signal("-STOP", pid);
      try {
        pause(20, 700);
      } finally {
        signal("-CONT", pid);
      }
      pause(5, 100);
    }
  }

  private static void flush(TestRatelimit service) {
    var _ =
        onRedis(
            service,
            connection -> {
              connection.serverCommands().flushAll();
              return "done";
            });
  }

  private static String processOfRedis(TestRatelimit service) {
    return onRedis(
        service,
        connection ->
            Objects.requireNonNull(connection.serverCommands().info("server"))
                .getProperty("process_id"));
  }

  /// Once the service is connected again: the fault before may have been a restart.
  private static String onRedis(TestRatelimit service, RedisCallback<String> command) {
    StringRedisTemplate commands = service.context().getBean(StringRedisTemplate.class);
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> commands.execute(command), Objects::nonNull);
  }

  private static void signal(String signal, String pid) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", signal, pid).start().waitFor()).isZero();
  }

  /// How long a fault lasts, or the peace between two of them.
  private void pause(int least, int most) {
    long end =
        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(least + random.nextInt(most - least));
    while (end - System.nanoTime() > 0) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
