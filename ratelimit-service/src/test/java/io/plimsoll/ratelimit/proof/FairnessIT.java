package io.plimsoll.ratelimit.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.ratelimit.client.Decision;
import io.plimsoll.ratelimit.client.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FairnessIT {

  private final TestRatelimit service = TestRatelimit.shared();
  private final String tenant = TestRatelimit.newName("tenant");
  private final Subject anna = new Subject(tenant, "none", "key", "anna", "chat");
  private final Admissions admissions = new Admissions();

  @Test
  void neverRefusesAKeyAtNineTenthsOfItsRateOnOneGateway() {
    service.policy(tenant, "\"per\":\"user\",\"rate\":50,\"burst\":100");
    try (TestGateway gateway = new TestGateway(service.internal(), admissions)) {
      // a partition that is new has nothing yet
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
      long start = System.nanoTime();
      for (int i = 0; i < 45 * 6; i++) {
        long due = start + i * TimeUnit.SECONDS.toNanos(1) / 45;
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        gateway.ask(anna);
      }
      gateway.rest();
      assertThat(gateway.refused() + gateway.unavailable()).isZero();
      assertThat(gateway.admitted()).isEqualTo(45 * 6);
    }
  }

  /// Who asks less often than once a second keeps his turn, and finds a unit when he comes again.
  @Test
  void admitsWhatLittleOneGatewayAsksForWhileAnotherTakesAllThereIs() {
    service.policy(tenant, "\"per\":\"user\",\"rate\":50,\"burst\":100");
    try (TestGateway busy = new TestGateway(service.internal(), admissions);
        TestGateway quiet = new TestGateway(service.internal(), admissions)) {
      busy.press(anna, 3, Duration.ofMillis(1));
      Awaitility.await().until(() -> busy.refused() > 0);
      quiet.decide(anna); // whoever is new stands last
      for (int i = 0; i < 4; i++) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1_700));
        assertThat(quiet.decide(anna)).as("request " + i).isInstanceOf(Decision.Admitted.class);
      }
      busy.rest();
    }
  }

  /// Without turns whoever is nearer, or asks oftener, takes each unit as it comes. Turns last 20
  /// ms: who is farther away than that gets less than a quarter.
  ///
  /// @param millis how much longer a call takes from each gateway than from the one before
  @ParameterizedTest
  @CsvSource({"100, 10, 0", "100, 10, 10", "400, 40, 10"})
  void givesEachOfThreeGatewaysAtLeastAQuarter(int rate, int burst, int millis) {
    service.policy(tenant, "\"per\":\"user\",\"rate\":%d,\"burst\":%d".formatted(rate, burst));
    List<TestGateway> gateways = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      // one asks more eagerly than the others, and is nearer
      TestGateway gateway = new TestGateway(service.internal(), admissions);
      gateway.distance = Duration.ofMillis((long) i * millis / 2);
      gateways.add(gateway.press(anna, 3 - i, Duration.ofMillis(1)));
    }
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> admissions.size() > 50);
    long[] before = gateways.stream().mapToLong(TestGateway::admitted).toArray();
    int total = admissions.size();
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> admissions.size() > total + 500);
    gateways.forEach(TestGateway::rest);
    int all = admissions.size() - total;
    for (int i = 0; i < 3; i++) {
      assertThat(gateways.get(i).admitted() - before[i])
          .as("gateway " + i + " of " + all)
          .isGreaterThanOrEqualTo(all / 4);
    }
    gateways.forEach(TestGateway::close);
  }
}
