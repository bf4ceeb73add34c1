package io.plimsoll.ratelimit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import io.plimsoll.service.UnusableSecretException;
import io.plimsoll.subscriptions.TestBackends;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What common-service shows of any internal port, with what this service has on its own.
class AccessIT {

  private static final String POLICIES = "/internal/v1/policies";
  private static final String ADMIN = "/admin/v1/policies";

  private final TestRatelimit service = TestRatelimit.shared();

  private Answer get(String path, String token) {
    return service.send(service.internalPort(path).header("Authorization", "Bearer " + token));
  }

  @Test
  void letsGatewaysAndOperatorsToTheirOwnAlone() {
    get(POLICIES, TestGateways.token()).is(200);
    get(ADMIN, TestRatelimit.ADMIN_TOKEN).is(200);
    get(POLICIES, TestRatelimit.ADMIN_TOKEN).isProblem(401, "unknown-gateway");
    get(ADMIN, TestGateways.token()).isProblem(401, "unknown-operator");
    String customer = TestTokens.user("ratelimit", "acme", "gateway", "ratelimit:admin");
    get(POLICIES, customer).isProblem(401, "unknown-gateway");
    get(ADMIN, customer).isProblem(401, "unknown-operator");
    service.send(service.internalPort(POLICIES)).isProblem(401, "unknown-gateway");
    service.send(service.internalPort(ADMIN)).isProblem(401, "unknown-operator");
  }

  @Test
  void leavesProbesAndMetricsOpen() {
    for (String path : List.of("/actuator/health/readiness", "/actuator/prometheus")) {
      service.send(service.internalPort(path)).is(200);
    }
  }

  @Test
  void isNowhereOnThePublicPort() {
    for (String path : List.of(POLICIES, ADMIN, "/admin/openapi.json", "/internal/v1/leases")) {
      service
          .send(
              service
                  .publicPort(path)
                  .header("Authorization", "Bearer " + TestGateways.token())
                  .POST(BodyPublishers.ofString("{}")))
          .isProblem(401, "not-through-gateway");
      String admin = TestTokens.tenant("ratelimit", "acme", "ratelimit:admin");
      service
          .send(service.publicPort(path).header("Authorization", "Bearer " + admin))
          .isProblem(404, "not-found");
    }
  }

  @Test
  void doesNotStartWithoutOperatorsTokens() {
    assertThatThrownBy(
            () ->
                TestRatelimit.start(
                    TestBackends.redis(), Map.of("plimsoll.internal-port.admin-tokens", "")))
        .hasRootCauseInstanceOf(UnusableSecretException.class);
  }
}
