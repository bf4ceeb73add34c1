package io.plimsoll.auth.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.service.TestTokens;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InternalPortIT {

  private static final String TENANTS = "/admin/v1/tenants";

  private final TestAuth auth = TestAuth.shared();

  @Test
  void acceptsBothTokensOfARotation() {
    for (String token : List.of(TestAuth.ADMIN_TOKEN, TestAuth.NEXT_ADMIN_TOKEN)) {
      for (String scheme : List.of("Bearer ", "bearer ")) {
        auth.send(auth.internalPortUnauthenticated(TENANTS).header("Authorization", scheme + token))
            .is(200);
      }
    }
  }

  @Test
  void refusesEveryoneElse() {
    var key = auth.newKey();
    String issued = auth.token(key, "grant_type", "client_credentials").text("access_token");
    for (String authorization :
        List.of(
            "",
            "Bearer",
            "Bearer ",
            "Bearer " + TestAuth.ADMIN_TOKEN + "x",
            "Bearer  " + TestAuth.ADMIN_TOKEN,
            "Basic " + TestAuth.ADMIN_TOKEN,
            TestAuth.ADMIN_TOKEN,
            "Bearer " + issued,
            "Bearer " + TestTokens.tenant("auth", key.tenant(), "auth:admin"),
            TestAuth.basic(key.id(), key.secret()))) {
      var answer =
          auth.send(
                  auth.internalPortUnauthenticated(TENANTS).header("Authorization", authorization))
              .isProblem(401, "unknown-operator");
      assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer ");
    }
    auth.send(auth.internalPortUnauthenticated(TENANTS)).isProblem(401, "unknown-operator");
    auth.send(
            auth.internalPortUnauthenticated(TENANTS)
                .header("Authorization", "Bearer " + TestAuth.ADMIN_TOKEN)
                .header("Authorization", "Bearer " + TestAuth.ADMIN_TOKEN))
        .isProblem(401, "unknown-operator");
  }

  /// Spring matches `/admin;x/v1` like `/admin/v1`: a filter that looks at prefixes would let it
  /// by.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin;x=1/v1/tenants",
        "/admin/v1/tenants;x",
        "//admin/v1/tenants",
        "/%61dmin/v1/tenants",
        "/actuator/../admin/v1/tenants",
        "/actuator;/../admin/v1/tenants",
        "/actuator%2f..%2fadmin/v1/tenants",
        "/ADMIN/v1/tenants",
        "/",
        "/auth/oauth2/jwks",
        "/test/thread"
      })
  void isClosedWhereverThePathIsNotActuators(String path) {
    var answer = auth.send(auth.internalPortUnauthenticated(path));
    assertThat(answer.status()).isIn(400, 401, 404);
    assertThat(answer.body()).doesNotContain("\"tenants\"");
  }

  @Test
  void leavesProbesAndMetricsOpen() {
    for (String path :
        List.of(
            "/actuator/health/readiness", "/actuator/health/liveness", "/actuator/prometheus")) {
      auth.send(auth.internalPortUnauthenticated(path)).is(200);
    }
    for (String path : List.of("/actuator/env", "/actuator/heapdump", "/actuator/mappings")) {
      auth.send(auth.internalPort(path)).is(404);
    }
  }

  /// With every credential there is: the port has no such mapping.
  @ParameterizedTest
  @ValueSource(
      strings = {"/admin/v1/tenants", "/actuator/health", "/actuator/prometheus", "/test/thread"})
  void isNowhereOnThePublicPort(String path) {
    auth.send(auth.publicPort(path).header("Authorization", "Bearer " + TestAuth.ADMIN_TOKEN))
        .isProblem(401, "not-through-gateway");
    String admin = TestTokens.tenant("auth", "acme", "auth:admin");
    auth.send(auth.publicPort(path).header("Authorization", "Bearer " + admin))
        .isProblem(404, "not-found");
  }

  @Test
  void servesNothingOfThePublicPort() {
    for (String path : List.of("/auth/oauth2/jwks", "/auth/oauth2/token", "/auth/v1/tickets")) {
      auth.send(auth.internalPort(path)).isProblem(404, "not-found");
    }
  }

  @Test
  void runsControllersOnVirtualThreads() {
    assertThat(auth.send(auth.internalPort("/test/thread")).is(200).body()).isEqualTo("true");
  }
}
