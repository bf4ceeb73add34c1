package io.plimsoll.ratelimit.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.ratelimit.client.Balance;
import io.plimsoll.ratelimit.client.Subject;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;

/// admitted <= burst + rate * w + N * L, in every window, whatever breaks.
class BoundIT {

  private static final double RATE = 100;
  private static final int BURST = 60;
  private static final int MOST = 30;
  private static final int GATEWAYS = 3;
  private static final int MAX_GATEWAYS = 4;
  private static final Duration EAGER = Duration.ofMillis(2);

  private static TestServer redis;
  private static TestRatelimit service;

  private final String tenant = TestRatelimit.newName("tenant");
  private final Subject anna = new Subject(tenant, "none", "key", "anna", "chat");
  private final Admissions admissions = new Admissions();
  private final List<TestGateway> gateways = new ArrayList<>();

  @BeforeAll
  static void start() {
    redis = TestBackends.privateRedis();
    service =
        TestRatelimit.start(
            redis, Map.of("plimsoll.ratelimit.max-gateways", String.valueOf(MAX_GATEWAYS)));
  }

  @AfterAll
  static void stop() {
    service.close();
    redis.close();
  }

  private String policy(String storeAway) {
    return service.policy(
        tenant,
        "\"per\":\"user\",\"rate\":%s,\"burst\":%d,\"storeAway\":\"%s\""
            .formatted(RATE, BURST, storeAway));
  }

  private TestGateway gateway() {
    TestGateway gateway = new TestGateway(service.internal(), admissions).press(anna, 2, EAGER);
    gateways.add(gateway);
    return gateway;
  }

  private void threeGateways() {
    for (int i = 0; i < GATEWAYS; i++) {
      gateway();
    }
    flows();
  }

  /// Until so much more was admitted that the limit and not the start decides.
  private void flows() {
    int before = admissions.size();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> admissions.size() > before + BURST + (int) RATE);
  }

  private void holds(double extra, double rate) {
    gateways.forEach(TestGateway::rest);
    admissions.neverExceed(BURST + GATEWAYS * MOST + extra, rate);
    gateways.forEach(TestGateway::close);
  }

  private StringRedisTemplate commands() {
    return service.context().getBean(StringRedisTemplate.class);
  }

  @Test
  void withoutFaultsAndItsSumsBalance() {
    String limit = policy("hold");
    threeGateways();
    gateways.forEach(TestGateway::rest);
    for (TestGateway gateway : gateways) {
      Balance balance = gateway.balance(limit);
      assertThat(balance.spent()).isEqualTo(gateway.admitted());
      assertThat(balance.granted())
          .isEqualTo(
              balance.spent() + balance.returned() + balance.expired() + balance.outstanding());
    }
    holds(0, RATE);
  }

  @Test
  void withGatewaysKilled() {
    policy("hold");
    threeGateways();
    for (int i = 0; i < GATEWAYS; i++) {
      gateways.get(i).kill();
      gateway();
      flows();
    }
    holds(0, RATE);
  }

  @Test
  void withAGatewayCutOffThatHolds() {
    policy("hold");
    threeGateways();
    TestGateway away = gateways.getFirst();
    away.cut = true;
    Awaitility.await().until(() -> away.unavailable() > 0);
    flows();
    long before = away.admitted();
    away.cut = false;
    Awaitility.await().until(() -> away.admitted() > before);
    flows();
    holds(0, RATE);
  }

  @Test
  void withGatewaysCutOffThatTakeTheirShare() {
    policy("share");
    threeGateways();
    for (TestGateway away : gateways) {
      away.cut = true;
    }
    flows();
    for (TestGateway back : gateways) {
      back.cut = false;
    }
    flows();
    holds(GATEWAYS * (1 + 0.25 * RATE / MAX_GATEWAYS), RATE + GATEWAYS * RATE / MAX_GATEWAYS);
  }

  @Test
  void withRedisFlushed() {
    policy("hold");
    threeGateways();
    for (int i = 0; i < 4; i++) {
      commands()
          .execute(
              (org.springframework.data.redis.core.RedisCallback<Boolean>)
                  connection -> {
                    connection.serverCommands().flushAll();
                    return true;
                  });
      flows();
    }
    holds(0, RATE);
  }

  @Test
  void withRedisPaused() throws Exception {
    policy("hold");
    threeGateways();
    String pid = processOfRedis();
    for (int i = 0; i < 2; i++) {
      signal("-STOP", pid);
      try {
        long refused = gateways.getFirst().unavailable();
        Awaitility.await().until(() -> gateways.getFirst().unavailable() > refused);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1_500));
      } finally {
        signal("-CONT", pid);
      }
      flows();
    }
    holds(0, RATE);
  }

  @Test
  void withCallsDoubledAndAnswersLost() {
    policy("hold");
    for (int i = 0; i < GATEWAYS; i++) {
      gateway().unsteady = true;
    }
    flows();
    flows();
    holds(0, RATE);
  }

  private String processOfRedis() {
    String info =
        Objects.requireNonNull(
            commands()
                .execute(
                    (org.springframework.data.redis.core.RedisCallback<String>)
                        connection ->
                            Objects.requireNonNull(connection.serverCommands().info("server"))
                                .getProperty("process_id")));
    return info;
  }

  private static void signal(String signal, String pid) throws Exception {
    assertThat(new ProcessBuilder("kill", signal, pid).start().waitFor()).isZero();
  }
}
