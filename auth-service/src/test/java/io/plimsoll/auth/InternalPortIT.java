package io.plimsoll.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.service.TestTokens;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What common-service shows of any internal port, with what this service has on its own.
class InternalPortIT {

  private final TestAuth auth = TestAuth.shared();

  @Test
  void acceptsBothTokensOfARotation() {
    for (String token : List.of(TestAuth.ADMIN_TOKEN, TestAuth.NEXT_ADMIN_TOKEN)) {
      auth.send(bearer("/admin/v1/tenants", token)).is(200);
    }
  }

  /// Tokens that this service itself issued among them.
  @Test
  void opensToNoCustomer() {
    var key = auth.newKey();
    String issued = auth.token(key, "grant_type", "client_credentials").text("access_token");
    for (String token :
        List.of(issued, TestTokens.tenant("auth", key.tenant(), "auth:admin"), key.secret())) {
      auth.send(bearer("/admin/v1/tenants", token)).isProblem(401, "unknown-operator");
      auth.send(bearer("/internal/v1/changes", token)).isProblem(401, "unknown-gateway");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/v1/tenants",
        "/admin/v1/tenants/a",
        "/admin/v1/tenants/a/keys",
        "/admin/v1/tenants/a/usage",
        "/admin/v1/audit",
        "/admin/v1/revocations",
        "/admin/v1/introspect",
        "/admin/openapi.json",
        "/internal/v1/changes",
        "/internal/v1/keys/a",
        "/internal/v1/tenants/a",
        "/internal/v1/usage",
        "/actuator/health",
        "/actuator/prometheus"
      })
  void isNowhereOnThePublicPort(String path) {
    for (String token : List.of(TestAuth.ADMIN_TOKEN, TestTokens.gateway("auth"))) {
      auth.send(auth.publicPort(path).header("Authorization", "Bearer " + token))
          .isProblem(401, "not-through-gateway");
    }
    String admin = TestTokens.tenant("auth", "acme", "auth:admin");
    auth.send(auth.publicPort(path).header("Authorization", "Bearer " + admin))
        .isProblem(404, "not-found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/admin/v1/tenants", "/admin/v1/audit", "/admin/v1/introspect"})
  void letsGatewaysDoNothingOfOperators(String path) {
    auth.gateway(path).isProblem(401, "unknown-operator");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/internal/v1/changes", "/internal/v1/keys/a", "/internal/v1/tenants/a"})
  void letsOperatorsDoNothingOfGateways(String path) {
    auth.send(auth.internalPort(path)).isProblem(401, "unknown-gateway");
  }

  @Test
  void servesNothingOfThePublicPort() {
    for (String path : List.of("/auth/oauth2/jwks", "/auth/oauth2/token", "/auth/v1/tickets")) {
      auth.send(auth.internalPort(path)).isProblem(404, "not-found");
    }
  }

  @Test
  void leavesProbesAndMetricsOpen() {
    for (String path :
        List.of(
            "/actuator/health/readiness", "/actuator/health/liveness", "/actuator/prometheus")) {
      auth.send(auth.internalPortUnauthenticated(path)).is(200);
    }
    for (String path : List.of("/actuator/env", "/actuator/heapdump", "/actuator/mappings")) {
      assertThat(auth.send(auth.internalPort(path)).status()).isEqualTo(404);
    }
  }

  private java.net.http.HttpRequest.Builder bearer(String path, String token) {
    return auth.internalPortUnauthenticated(path).header("Authorization", "Bearer " + token);
  }
}
