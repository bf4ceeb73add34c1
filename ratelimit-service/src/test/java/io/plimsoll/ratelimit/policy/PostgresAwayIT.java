package io.plimsoll.ratelimit.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestDatabase;
import io.plimsoll.subscriptions.TestPostgres;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What is limited does not depend on PostgreSQL from moment to moment.
class PostgresAwayIT {

  private final String tenant = TestRatelimit.newName("tenant");
  private int lease;

  private boolean grants(TestRatelimit service, String policy) {
    lease++;
    return service
            .call(
                "gateway",
                lease,
                """
                "demands":[{"tenant":"%s","policy":"%s","key":"anna","lease":%d,"want":1,"held":0}]"""
                    .formatted(tenant, policy, lease))
            .is(200)
            .json()
            .path("assignments")
            .get(0)
            .path("units")
            .asInt()
        == 1;
  }

  @Test
  void leasesGoOnByTheLastPoliciesAndOnlyOperatorsNotice() {
    try (TestPostgres postgres = TestBackends.privatePostgres()) {
      TestDatabase database = postgres.freshDatabase();
      try (TestRatelimit service =
          TestRatelimit.start(
              TestBackends.redis(),
              Map.of(
                  "spring.datasource.url",
                  database.url(),
                  "spring.datasource.username",
                  database.username(),
                  "spring.datasource.password",
                  database.password()))) {
        String policy = service.policy(tenant, "\"per\":\"user\",\"rate\":1000,\"burst\":1000");
        Awaitility.await().until(() -> grants(service, policy));
        String before = service.gateway("/internal/v1/policies", "").is(200).body();

        postgres.stop();
        service.admin("GET", "/admin/v1/policies/" + policy, "").isProblem(503, "unavailable");
        for (int i = 0; i < 20; i++) {
          assertThat(grants(service, policy)).isTrue();
        }
        assertThat(service.gateway("/internal/v1/policies", "").is(200).body()).isEqualTo(before);
        service.send(service.internalPort("/actuator/health/readiness")).is(200);

        postgres.start();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> service.admin("GET", "/admin/v1/policies/" + policy, "").status() == 200);
        String later = service.policy(tenant, "\"per\":\"user\",\"rate\":1,\"burst\":5");
        assertThat(service.gateway("/internal/v1/policies", "").body()).contains(later);
      }
    }
  }
}
