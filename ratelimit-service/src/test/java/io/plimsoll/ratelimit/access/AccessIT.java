package io.plimsoll.ratelimit.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.ratelimit.TestGateways;
import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.service.TestTokens;
import io.plimsoll.subscriptions.TestBackends;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class AccessIT {

  private static final String POLICIES = "/internal/v1/policies";
  private static final String ADMIN = "/admin/v1/policies";

  private final TestRatelimit service = TestRatelimit.shared();

  private io.plimsoll.ratelimit.Answer get(String path, String token) {
    return service.send(service.internalPort(path).header("Authorization", "Bearer " + token));
  }

  @Test
  void letsGatewaysAndOperatorsToTheirOwnAlone() {
    get(POLICIES, TestGateways.token()).is(200);
    get(ADMIN, TestRatelimit.ADMIN_TOKEN).is(200);
    get(POLICIES, TestRatelimit.ADMIN_TOKEN).isProblem(401, "unknown-gateway");
    get(ADMIN, TestGateways.token()).isProblem(401, "unknown-operator");
    service.send(service.internalPort(POLICIES)).isProblem(401, "unknown-gateway");
    service.send(service.internalPort(ADMIN)).isProblem(401, "unknown-operator");
  }

  /// Each with one fault.
  @Test
  void refusesTokensThatAreNoGatewaysOwn() {
    for (String token :
        List.of(
            "",
            "nonsense",
            TestGateways.token(claims -> claims.claim("tenant", "acme")),
            TestGateways.token(claims -> claims.subject("anna")),
            TestGateways.token(claims -> claims.subject(null)),
            TestGateways.token(claims -> claims.audience("auth")),
            TestGateways.token(claims -> claims.audience(List.of("ratelimit", "auth"))),
            TestGateways.token(claims -> claims.issuer("somebody")),
            TestGateways.token(
                claims -> claims.expirationTime(Date.from(Instant.now().minusSeconds(1)))),
            TestGateways.token(
                claims -> claims.expirationTime(Date.from(Instant.now().plusSeconds(3600)))),
            TestGateways.token(claims -> claims.expirationTime(null)),
            TestGateways.token(
                TestGateways.newKey("test-gateway"), "plimsoll-internal+jwt", _ -> {}),
            TestGateways.token(TestGateways.newKey("other"), "plimsoll-internal+jwt", _ -> {}),
            TestTokens.user("ratelimit", "acme", "gateway", "ratelimit:admin"))) {
      get(POLICIES, token).isProblem(401, "unknown-gateway");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/internal;x=1/v1/policies",
        "/admin;x/v1/policies",
        "//internal/v1/policies",
        "/%69nternal/v1/policies",
        "/actuator/../internal/v1/policies",
        "/actuator%2f..%2finternal/v1/policies",
        "/INTERNAL/v1/policies",
        "/"
      })
  void isClosedWhereverThePathIsNotActuators(String path) {
    var answer = service.send(service.internalPort(path));
    assertThat(answer.status()).isIn(400, 401, 404);
    assertThat(answer.body()).doesNotContain("\"policies\"");
  }

  @Test
  void leavesProbesAndMetricsOpen() {
    for (String path : List.of("/actuator/health/readiness", "/actuator/prometheus")) {
      service.send(service.internalPort(path)).is(200);
    }
  }

  @Test
  void isNowhereOnThePublicPort() {
    for (String path : List.of(POLICIES, ADMIN, "/internal/v1/leases")) {
      service
          .send(
              service
                  .publicPort(path)
                  .header("Authorization", "Bearer " + TestGateways.token())
                  .POST(BodyPublishers.ofString("{}")))
          .isProblem(401, "not-through-gateway");
    }
  }

  @Test
  void doesNotStartWithoutOperatorsTokens(CapturedOutput output) {
    assertThatThrownBy(
            () ->
                TestRatelimit.start(
                    TestBackends.redis(), Map.of("plimsoll.ratelimit.admin-tokens", "")))
        .hasRootCauseInstanceOf(UnusableTokensException.class);
    assertThat(output)
        .contains("APPLICATION FAILED TO START", "Point plimsoll.ratelimit.admin-tokens");
  }
}
