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
    String shared;
    String privateKey = Secrets.newKey("mine").toJSONString();
    try {
      key = auth.newKey();
      issued = auth.token(key, "grant_type", "client_credentials").is(200).text("access_token");
      auth.token(key, "grant_type", "client_credentials", "client_secret", key.secret()).is(400);
      auth.token(
              new TestAuth.ClientKey(key.tenant(), key.id(), key.secret() + "?"), "grant_type", "x")
          .is(401);
      auth.send(auth.tokenRequest("grant_type=x&client_secret=" + key.secret())).is(401);
      auth.send(auth.tokenRequest("a=1&a=" + key.secret())).is(400);
      auth.send(
              auth.publicPort("/auth/oauth2/token?client_secret=" + key.secret())
                  .header("Content-Type", "application/x-www-form-urlencoded")
                  .POST(BodyPublishers.ofString("grant_type=client_credentials")))
          .is(400);
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
      String verification =
          "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id() + "/verification";
      shared = auth.admin("PUT", verification, "{\"kind\":\"secret\"}").is(200).text("secret");
      auth.gateway("/internal/v1/keys/" + key.id()).is(200);
      auth.admin("PUT", verification, privateKey).is(400);
      auth.admin(
              "POST",
              "/admin/v1/tenants/" + key.tenant() + "/keys",
              "{\"name\":\"x\",\"verification\":" + privateKey + "}")
          .is(400);
      auth.revoke(key, issued).is(200);
      auth.revoke(key, issued + "x").is(200);
      auth.send(
              auth.internalPort("/admin/v1/introspect")
                  .header("Content-Type", "application/x-www-form-urlencoded")
                  .POST(BodyPublishers.ofString("token=" + issued)))
          .is(200);
    } finally {
      root.setLevel(before);
    }
    assertThat(output).as("the log was on").contains("TRACE", "TokenController#token");
    String basic = TestAuth.basic(key.id(), key.secret()).substring("Basic ".length());
    String d = privateKey.replaceFirst(".*\"d\":\"([^\"]+)\".*", "$1");
    assertThat(d).hasSize(43);
    assertThat(output.getAll())
        .doesNotContain(shared, d)
        .doesNotContain(key.secret(), basic, issued, ticket, userToken, TestAuth.ADMIN_TOKEN);
  }
}
