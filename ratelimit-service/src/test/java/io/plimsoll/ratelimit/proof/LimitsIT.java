package io.plimsoll.ratelimit.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.ratelimit.client.Decision;
import io.plimsoll.ratelimit.client.OpenStream;
import io.plimsoll.ratelimit.client.Policy;
import io.plimsoll.ratelimit.client.StreamAdmission;
import io.plimsoll.ratelimit.client.Subject;
import io.plimsoll.subscriptions.TestBackends;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Open streams, exact limits and changes of policies, from end to end.
class LimitsIT {

  private final String tenant = TestRatelimit.newName("tenant");
  private final Subject anna = new Subject(tenant, "none", "key", "anna", "chat");
  private final Admissions admissions = new Admissions();

  private static StreamAdmission open(TestGateway gateway, Subject subject) {
    return gateway
        .leases
        .open(subject)
        .toCompletableFuture()
        .orTimeout(10, TimeUnit.SECONDS)
        .join();
  }

  @Test
  void countsStreamsOverGatewaysAndFreesThoseOfASilentOne() {
    try (TestRatelimit service =
        TestRatelimit.start(TestBackends.redis(), Map.of("plimsoll.ratelimit.silence", "6s"))) {
      service.policy(tenant, "\"per\":\"user\",\"streams\":3,\"storeAway\":\"hold\"");
      TestGateway one = new TestGateway(service.internal(), admissions);
      try (TestGateway other = new TestGateway(service.internal(), admissions)) {
        List<OpenStream> opened = new ArrayList<>();
        Awaitility.await().until(() -> open(one, anna).stream() != null);
        for (int i = 0; i < 2; i++) {
          OpenStream stream = open(other, anna).stream();
          if (stream != null) {
            opened.add(stream);
          }
        }
        assertThat(opened).hasSize(2);
        assertThat(open(one, anna).decision()).isInstanceOf(Decision.Refused.class);
        assertThat(open(other, anna).decision()).isInstanceOf(Decision.Refused.class);
        opened.getFirst().close();
        Awaitility.await().until(() -> open(one, anna).stream() != null);
        assertThat(open(other, anna).stream()).isNull();
        one.kill();
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> open(other, anna).stream() != null);
      }
    }
  }

  @Test
  void admitsExactlyWhatThereIsInExactMode() {
    TestRatelimit service = TestRatelimit.shared();
    service.policy(tenant, "\"per\":\"user\",\"rate\":0.5,\"burst\":5,\"storeAway\":\"hold\"");
    List<TestGateway> gateways = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      gateways.add(
          new TestGateway(service.internal(), admissions).press(anna, 1, Duration.ofMillis(5)));
    }
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> admissions.size() >= 3);
    gateways.forEach(TestGateway::rest);
    // nothing is prepaid: no unit of it is ever idle at a gateway
    admissions.neverExceed(5 + 3, 0.5);
    for (TestGateway gateway : gateways) {
      gateway
          .leases
          .balances()
          .forEach(balance -> assertThat(balance.spent()).isEqualTo(gateway.admitted()));
      gateway.close();
    }
  }

  /// Two policies of one limit: of all requests of a user, and of those of one route class.
  private String policiesByRouteClass(TestRatelimit service, String any, String auth) {
    String id = service.policy(tenant, any);
    String own = TestRatelimit.newName("policy");
    service
        .admin(
            "PUT",
            "/admin/v1/policies/" + own,
            "{\"limit\":\"%s\",\"tenant\":\"%s\",\"routeClass\":\"auth\",%s}"
                .formatted(id, tenant, auth))
        .is(201);
    Awaitility.await()
        .until(
            () -> service.gateway("/internal/v1/policies", "").body().contains("\"" + own + "\""));
    return own;
  }

  @ParameterizedTest
  @ValueSource(strings = {"user", "key", "tenant"})
  void keepsTheRatesOfRouteClassesApart(String per) {
    TestRatelimit service = TestRatelimit.shared();
    String own =
        policiesByRouteClass(
            service,
            // without a lease in time it admits: only what another policy says can refuse
            "\"per\":\"%s\",\"rate\":500,\"burst\":1000,\"storeAway\":\"open\"".formatted(per),
            "\"per\":\"%s\",\"rate\":1,\"burst\":2,\"storeAway\":\"hold\"".formatted(per));
    Subject auth = new Subject(tenant, "none", "key", "anna", "auth");
    Admissions ofAuth = new Admissions();
    try (TestGateway one = new TestGateway(service.internal(), admissions)) {
      for (int i = 0; i < 100; i++) {
        long from = System.nanoTime();
        Decision decision = one.decide(auth);
        if (decision instanceof Decision.Admitted) {
          ofAuth.add(from, System.nanoTime());
        }
        assertThat(decision.policy()).extracting(Policy::id).isEqualTo(own);
        Decision chat = one.decide(anna);
        assertThat(chat).isInstanceOf(Decision.Admitted.class);
        assertThat(chat.policy()).extracting(Policy::routeClass).isNull();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40));
      }
    }
    assertThat(ofAuth.size()).isPositive();
    ofAuth.neverExceed(2 + 1, 1);
  }

  @Test
  void keepsTheStreamsOfRouteClassesApart() {
    TestRatelimit service = TestRatelimit.shared();
    policiesByRouteClass(
        service,
        "\"per\":\"user\",\"streams\":3,\"storeAway\":\"hold\"",
        "\"per\":\"user\",\"streams\":1,\"storeAway\":\"hold\"");
    Subject auth = new Subject(tenant, "none", "key", "anna", "auth");
    try (TestGateway one = new TestGateway(service.internal(), admissions);
        TestGateway other = new TestGateway(service.internal(), admissions)) {
      Awaitility.await().until(() -> open(one, anna).stream() != null);
      Awaitility.await().until(() -> open(other, anna).stream() != null);
      Awaitility.await().until(() -> open(one, auth).stream() != null);
      assertThat(open(other, auth).stream()).isNull();
      Awaitility.await().until(() -> open(one, anna).stream() != null);
      assertThat(open(other, anna).stream()).isNull();
      assertThat(open(one, auth).stream()).isNull();
    }
  }

  @Test
  void followsAChangeOfAPolicy() {
    TestRatelimit service = TestRatelimit.shared();
    String id = service.policy(tenant, "\"per\":\"user\",\"rate\":100,\"burst\":100");
    try (TestGateway gateway = new TestGateway(service.internal(), admissions)) {
      gateway.press(anna, 1, Duration.ofMillis(20));
      Awaitility.await().until(() -> gateway.admitted() > 20);
      service
          .admin(
              "PUT",
              "/admin/v1/policies/" + id,
              "{\"limit\":\"%s\",\"tenant\":\"%s\",\"per\":\"user\",\"rate\":1,\"burst\":1}"
                  .formatted(id, tenant))
          .is(200);
      Awaitility.await().until(() -> gateway.refused() > 20);
      service.admin("DELETE", "/admin/v1/policies/" + id, "").is(204);
      long before = gateway.admitted();
      Awaitility.await().until(() -> gateway.admitted() > before + 50);
      gateway.rest();
    }
  }

  @Test
  void callsSeldomAtASteadyLoad() {
    TestRatelimit service = TestRatelimit.shared();
    service.policy(tenant, "\"per\":\"user\",\"rate\":50,\"burst\":100");
    List<Subject> users = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      users.add(new Subject(tenant, "none", "key", "user-" + i, "chat"));
    }
    try (TestGateway gateway = new TestGateway(service.internal(), admissions)) {
      long start = System.nanoTime();
      long calls = 0;
      long waited = 0;
      for (int i = 0; i < 8_000; i++) {
        if (i == 3_000) {
          calls = gateway.leases.stats().calls();
          waited = gateway.leases.stats().waited();
        }
        long due = start + TimeUnit.MILLISECONDS.toNanos(i);
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        gateway.ask(users.get(i % 100));
      }
      gateway.rest();
      calls = gateway.leases.stats().calls() - calls;
      waited = gateway.leases.stats().waited() - waited;
      System.out.printf("5,000 steady requests: %d calls, %d waited%n", calls, waited);
      assertThat(calls).isLessThan(50);
    }
  }
}
