package io.plimsoll.auth;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.plimsoll.service.TestTokens;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class SecretsInLogsIT {

  private final TestAuth auth = TestAuth.shared();

  /// Also at the finest level of everything this service is made of but the HTTP client of the
  /// test.
  @Test
  void logsNoSecretAtAnyLevel(CapturedOutput output) {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = root.getLevel();
    root.setLevel(Level.TRACE);
    String userToken = TestTokens.user("auth", "acme", "anna", "chat:read");
    TestAuth.ClientKey key;
    String issued;
    String ticket;
    try {
      key = auth.newKey();
      issued = auth.token(key, "grant_type", "client_credentials").is(200).text("access_token");
      auth.token(key, "grant_type", "client_credentials", "client_secret", key.secret()).is(400);
      auth.token(
              new TestAuth.ClientKey(key.tenant(), key.id(), key.secret() + "?"), "grant_type", "x")
          .is(401);
      auth.send(auth.tokenRequest("grant_type=x&client_secret=" + key.secret())).is(401);
      auth.send(auth.tokenRequest("a=1&a=" + key.secret())).is(400);
      ticket =
          auth.send(
                  auth.publicPort("/auth/v1/tickets")
                      .header("Authorization", "Bearer " + userToken)
                      .header("Content-Type", "application/json")
                      .POST(BodyPublishers.ofString("{\"path\":\"/chat/v1/me/events\"}")))
              .is(201)
              .text("ticket");
      auth.admin("GET", "/admin/v1/tenants/" + key.tenant() + "/keys").is(200);
      auth.admin("POST", "/admin/v1/tenants/" + key.tenant() + "/keys", "{\"name\":1}").is(400);
    } finally {
      root.setLevel(before);
    }
    assertThat(output).as("the log was on").contains("TRACE", "/auth/oauth2/token");
    String basic = TestAuth.basic(key.id(), key.secret()).substring("Basic ".length());
    assertThat(output.getAll())
        .doesNotContain(key.secret(), basic, issued, ticket, userToken, TestAuth.ADMIN_TOKEN);
  }
}
