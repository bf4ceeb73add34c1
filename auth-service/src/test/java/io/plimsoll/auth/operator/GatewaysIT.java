package io.plimsoll.auth.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.Secrets;
import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestGateway;
import io.plimsoll.service.TestTokens;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatewaysIT {

  private static final String CHANGES = "/internal/v1/changes?limit=1";
  private static final String TYPE = "plimsoll-internal+jwt";

  private final TestAuth auth = TestAuth.shared();

  @Test
  void acceptsAGatewaysOwnCall() {
    auth.gateway(CHANGES).is(200);
  }

  @Test
  void refusesEveryoneElse() {
    String issued = auth.token(auth.newKey(), "grant_type", "client_credentials").body();
    for (String token :
        List.of(
            "",
            "x",
            TestAuth.ADMIN_TOKEN,
            issued,
            TestTokens.tenant("auth", "acme", "auth:admin"),
            // a user may be called gateway
            TestTokens.user("auth", "acme", "gateway", "auth:admin"),
            TestGateway.token(TYPE, claims -> claims.claim("tenant", "acme")),
            TestGateway.token(TYPE, claims -> claims.claim("tenant", "")),
            TestGateway.token(TYPE, claims -> claims.subject("other")),
            TestGateway.token(TYPE, claims -> claims.subject(null)),
            TestGateway.token(TYPE, claims -> claims.audience("chat")),
            TestGateway.token(TYPE, claims -> claims.audience(List.of("auth", "chat"))),
            TestGateway.token(TYPE, claims -> claims.issuer("other")),
            TestGateway.token(TYPE, claims -> claims.expirationTime(null)),
            TestGateway.token(
                TYPE, claims -> claims.expirationTime(Date.from(Instant.now().minusSeconds(1)))),
            TestGateway.token(
                TYPE, claims -> claims.expirationTime(Date.from(Instant.now().plusSeconds(3600)))),
            TestGateway.token("at+jwt", _ -> {}),
            TestGateway.token(Secrets.newKey("gateway-itself"), TYPE, _ -> {}),
            TestGateway.token(Secrets.newKey("unknown"), TYPE, _ -> {}),
            TestGateway.token() + "x")) {
      var answer =
          auth.send(
                  auth.internalPortUnauthenticated(CHANGES)
                      .header("Authorization", "Bearer " + token))
              .isProblem(401, "unknown-gateway");
      assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer ");
    }
    auth.send(auth.internalPortUnauthenticated(CHANGES)).isProblem(401, "unknown-gateway");
    auth.send(
            auth.internalPortUnauthenticated(CHANGES)
                .header("Authorization", "Bearer " + TestGateway.token())
                .header("Authorization", "Bearer " + TestGateway.token()))
        .isProblem(401, "unknown-gateway");
  }

  /// Made-up `kid`s cost no look-up each, and good tokens go on.
  @Test
  void servesOnDuringAFloodOfUnknownKeys() {
    String unknown = TestGateway.token(Secrets.newKey("made-up"), TYPE, _ -> {});
    for (int i = 0; i < 50; i++) {
      auth.send(
              auth.internalPortUnauthenticated(CHANGES)
                  .header("Authorization", "Bearer " + unknown))
          .isProblem(401, "unknown-gateway");
      auth.gateway(CHANGES).is(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/v1/tenants",
        "/admin/v1/audit",
        "/internal/../admin/v1/tenants",
        "/internal/%2e%2e/admin/v1/tenants",
        "/internal;/../admin/v1/tenants",
        "/admin/v1/tenants/internal/v1"
      })
  void letsGatewaysDoNothingOfOperators(String path) {
    var answer = auth.gateway(path);
    assertThat(answer.status()).isIn(400, 401, 404);
    assertThat(answer.body()).doesNotContain("\"tenants\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/internal/v1/changes",
        "/internal/v1/keys/a",
        "/internal/v1/tenants/a",
        "/internal/v1/usage"
      })
  void isNowhereOnThePublicPort(String path) {
    auth.send(auth.publicPort(path).header("Authorization", "Bearer " + TestGateway.token()))
        .isProblem(401, "not-through-gateway");
    String admin = TestTokens.tenant("auth", "acme", "auth:admin");
    auth.send(auth.publicPort(path).header("Authorization", "Bearer " + admin))
        .isProblem(404, "not-found");
  }

  @Test
  void saysWhenItCanNotTell() {
    try (TestAuth own = TestAuth.start(Map.of("plimsoll.internal.jwks", "file:/nowhere/set"))) {
      own.gateway(CHANGES).isProblem(503, "unavailable");
      own.admin("GET", "/admin/v1/tenants").is(200);
    }
  }
}
