package io.plimsoll.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.auth.TestSigner;
import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class AuditIT {

  private static final String AUDIT = "/admin/v1/audit";

  private final TestAuth auth = TestAuth.shared();

  @Test
  void tellsWhoChangedWhatAndWhen() throws Exception {
    Instant before = Instant.now();
    ClientKey key = auth.newKey();
    String path = "/admin/v1/tenants/" + key.tenant();
    String keyPath = path + "/keys/" + key.id();
    auth.admin("PUT", path, "{\"name\":\"New name\",\"plan\":\"big\"}").is(200);
    auth.admin("PUT", path, "{\"name\":\"New name\",\"plan\":\"big\"}").is(200);
    auth.admin("PUT", keyPath + "/verification", TestSigner.es256(key.id()).jwk()).is(200);
    String shared =
        auth.admin("PUT", keyPath + "/verification", "{\"kind\":\"secret\"}")
            .is(200)
            .text("secret");
    auth.admin("PATCH", keyPath, "{\"scope\":\"chat:read\"}").is(200);
    String token = auth.token(key, "grant_type", "client_credentials").text("access_token");
    auth.revoke(key, token).is(200);
    auth.revoke(key, token).is(200);
    auth.customer(
            TestTokens.tenant("auth", key.tenant(), "auth:admin"),
            "/auth/v1/revocations",
            "{\"user\":\"anna\"}")
        .is(201);
    auth.admin("POST", "/admin/v1/revocations", "{\"tenant\":\"" + key.tenant() + "\"}").is(201);
    auth.admin("DELETE", keyPath).is(204);
    auth.admin("PUT", path, "{\"name\":\"New name\",\"disabled\":true}").is(200);

    Answer answer = auth.admin("GET", AUDIT + "?tenant=" + key.tenant()).is(200);
    assertThat(answer.json().has("next")).isFalse();
    List<JsonNode> entries = new ArrayList<>();
    answer.json().path("entries").forEach(entries::add);
    assertThat(entries)
        .extracting(entry -> entry.path("action").asString())
        .containsExactly(
            "tenant.created",
            "key.created",
            "tenant.changed",
            "key.changed",
            "key.changed",
            "key.changed",
            "token.revoked",
            "tokens.revoked",
            "tokens.revoked",
            "key.disabled",
            "tenant.changed");
    String operator =
        "operator:"
            + HexFormat.of()
                .formatHex(
                    MessageDigest.getInstance("SHA-256")
                        .digest(TestAuth.ADMIN_TOKEN.getBytes(StandardCharsets.UTF_8)),
                    0,
                    8);
    assertThat(entries.get(0).path("actor").asString()).isEqualTo(operator);
    assertThat(entries.get(6).path("actor").asString()).isEqualTo("key:" + key.id());
    assertThat(entries.get(7).path("actor").asString()).isEqualTo("token:test");
    assertThat(entries.get(8).path("actor").asString()).isEqualTo(operator);
    assertThat(entries.get(2).path("detail").toString())
        .isEqualTo("{\"name\":\"New name\",\"plan\":\"big\"}");
    assertThat(entries.get(5).path("detail").toString()).isEqualTo("{\"scope\":\"chat:read\"}");
    assertThat(entries.get(10).path("detail").toString()).isEqualTo("{\"disabled\":true}");
    assertThat(entries)
        .allSatisfy(
            entry -> {
              assertThat(entry.path("tenant").asString()).isEqualTo(key.tenant());
              assertThat(Instant.parse(entry.path("at").asString()))
                  .isBetween(before.minusSeconds(1), Instant.now().plusSeconds(1));
            });
    assertThat(entries).extracting(entry -> entry.path("number").asLong()).isSorted();
    assertThat(answer.body()).doesNotContain(key.secret(), shared, token, TestAuth.ADMIN_TOKEN);
  }

  @Test
  void keepsNothingOfWhatWasRefused() {
    String tenant = auth.newTenant();
    String keys = "/admin/v1/tenants/" + tenant + "/keys";
    auth.admin("POST", keys, "{\"name\":\"x\",\"scope\":\"no\"}").is(400);
    auth.admin("POST", keys, "{\"name\":\"x\",\"verification\":{}}").is(400);
    auth.admin("DELETE", keys + "/key_unknown").is(404);
    assertThat(auth.admin("GET", AUDIT + "?tenant=" + tenant).json().path("entries")).hasSize(1);
  }

  @Test
  void servesPageByPageAndForgets() {
    try (TestAuth own =
        TestAuth.start(
            Map.of("plimsoll.auth.audit-retention", "30d", "plimsoll.auth.purge", "50ms"))) {
      for (int i = 0; i < 5; i++) {
        own.newTenant();
      }
      List<Long> seen = new ArrayList<>();
      long after = 0;
      JsonNode page;
      do {
        page = own.admin("GET", AUDIT + "?limit=2&after=" + after).is(200).json();
        page.path("entries").forEach(entry -> seen.add(entry.path("number").asLong()));
        after = page.path("next").asLong();
      } while (page.has("next"));
      assertThat(seen).containsExactly(1L, 2L, 3L, 4L, 5L);
      own.clock().advance(Duration.ofDays(31));
      Awaitility.await()
          .until(() -> own.admin("GET", AUDIT).is(200).json().path("entries").isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"after=-1", "after=", "limit=0", "limit=1001", "limit=", "tenant=a%20b"})
  void refusesBadPages(String query) {
    auth.admin("GET", AUDIT + "?" + query).isProblem(400, "invalid-parameter");
  }
}
