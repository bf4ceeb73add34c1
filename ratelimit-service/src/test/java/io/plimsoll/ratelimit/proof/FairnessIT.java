package io.plimsoll.ratelimit.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.ratelimit.client.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

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

  @Test
  void givesEachOfThreeGatewaysAtLeastAQuarter() {
    service.policy(tenant, "\"per\":\"user\",\"rate\":100,\"burst\":10");
    List<TestGateway> gateways = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      // one asks more eagerly than the others
      gateways.add(
          new TestGateway(service.internal(), admissions)
              .press(anna, 3 - i, Duration.ofMillis(1 + 2L * i)));
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
