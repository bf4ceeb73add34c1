package io.plimsoll.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestPostgres;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseAwayIT {

  /// Or an instance that hangs would hold what it has locked for ever, and a statement a
  /// connection.
  @ParameterizedTest
  @CsvSource({
    "lock_timeout, 2s",
    "statement_timeout, 10s",
    "idle_in_transaction_session_timeout, 5s"
  })
  void isToldWhenToGiveUp(String setting, String bound) {
    assertThat(TestAuth.shared().jdbc().sql("show " + setting).query(String.class).single())
        .isEqualTo(bound);
  }

  @Test
  void answersUnavailableWhileTheDatabaseIsAwayAndRecovers() {
    try (TestPostgres postgres = TestBackends.privatePostgres();
        TestAuth auth = TestAuth.start(postgres, Map.of())) {
      TestAuth.ClientKey key = auth.newKey();
      auth.token(key, "grant_type", "client_credentials").is(200);

      postgres.stop();
      Answer refused = auth.token(key, "grant_type", "client_credentials");
      assertThat(refused.isProblem(503, "unavailable").header("Retry-After")).isEqualTo("1");
      assertThat(refused.body()).doesNotContain("jdbc", "SQL", "select");
      auth.admin("GET", "/admin/v1/tenants").isProblem(503, "unavailable");
      // what needs no database goes on
      assertThat(auth.keySet()).contains("signing-1");
      auth.send(
              auth.publicPort("/auth/v1/tickets")
                  .header("Content-Type", "application/json")
                  .header("Authorization", "Bearer " + TestTokens.user("auth", "acme", "anna"))
                  .POST(BodyPublishers.ofString("{\"path\":\"/chat/v1/me/events\"}")))
          .is(201);
      auth.send(auth.internalPort("/actuator/health/readiness")).is(200);

      postgres.start();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> auth.token(key, "grant_type", "client_credentials").status() == 200);
    }
  }
}
