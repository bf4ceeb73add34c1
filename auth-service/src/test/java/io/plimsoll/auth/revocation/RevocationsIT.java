package io.plimsoll.auth.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class RevocationsIT {

  private static final String PATH = "/auth/v1/revocations";
  private static final String OPERATORS = "/admin/v1/revocations";

  private final TestAuth auth = TestAuth.shared();
  private final ClientKey key = auth.newKey();
  private final long head = auth.head();

  @AfterEach
  void now() {
    auth.clock().reset();
  }

  @Test
  void revokesAllOfAUser() {
    Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Answer answer = revoke("{\"user\":\"anna\"}").is(201);
    Instant notBefore = Instant.parse(answer.text("notBefore"));
    assertThat(notBefore).isBetween(before, Instant.now());
    assertThat(changes())
        .containsExactly(
            ("{\"number\":%d,\"kind\":\"not-before\",\"tenant\":\"%s\",\"user\":\"anna\","
                    + "\"notBefore\":%d,\"until\":%d}")
                .formatted(
                    head + 1,
                    key.tenant(),
                    notBefore.getEpochSecond(),
                    notBefore.getEpochSecond() + 25 * 3600));
  }

  @Test
  void revokesAllOfAKey() {
    revoke("{\"keyId\":\"" + key.id() + "\"}").is(201);
    JsonNode change = auth.changesAfter(head).getFirst();
    assertThat(change.path("tenant").asString()).isEqualTo(key.tenant());
    assertThat(change.path("key").asString()).isEqualTo(key.id());
    assertThat(change.has("user")).isFalse();
    revoke("{\"keyId\":\"" + auth.newKey().id() + "\"}").isProblem(404, "unknown-key");
    revoke("{\"keyId\":\"key_unknown\"}").isProblem(404, "unknown-key");
  }

  /// One row a user, however often.
  @Test
  void replacesTheFormerOne() {
    revoke("{\"user\":\"anna\"}").is(201);
    revoke("{\"user\":\"ben\"}").is(201);
    auth.clock().advance(Duration.ofSeconds(1));
    revoke("{\"user\":\"anna\"}").is(201);
    assertThat(auth.changesAfter(head))
        .extracting(change -> change.path("user").asString())
        .containsExactly("ben", "anna");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"user\":\"anna\",\"keyId\":\"key_a\"}", "{\"user\":null}"})
  void asksWhose(String body) {
    revoke(body).isProblem(400, "invalid-revocation");
    assertThat(changes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"user\":\"a b\"}", "{\"user\":\"\"}", "{\"user\":1}", "{\"tenant\":\"x\"}"})
  void refusesBadBodies(String body) {
    revoke(body).isProblem(400, "invalid-body");
    assertThat(changes()).isEmpty();
  }

  @Test
  void isForTheTenantsOwnTokenWithAdminAlone() {
    String body = "{\"user\":\"anna\"}";
    auth.customer(TestTokens.user("auth", key.tenant(), "anna", "auth:admin"), PATH, body)
        .isProblem(403, "tenant-only");
    for (String scope : List.of("auth:read", "auth:write", "chat:admin")) {
      Answer refused =
          auth.customer(TestTokens.tenant("auth", key.tenant(), scope), PATH, body)
              .isProblem(403, "insufficient_scope");
      assertThat(refused.header("WWW-Authenticate")).contains("insufficient_scope");
    }
    auth.customer("x", PATH, body).isProblem(401, "not-through-gateway");
    assertThat(changes()).isEmpty();
  }

  @Test
  void letsOperatorsRevokeATenantAndEverything() {
    try (TestAuth own = TestAuth.start(Map.of())) {
      ClientKey one = own.newKey();
      long mark = own.head();
      Instant leak = Instant.now().minus(Duration.ofHours(2)).truncatedTo(ChronoUnit.SECONDS);
      Answer answer =
          own.admin(
                  "POST",
                  OPERATORS,
                  "{\"tenant\":\"%s\",\"notBefore\":\"%s\"}".formatted(one.tenant(), leak))
              .is(201);
      assertThat(answer.text("notBefore")).isEqualTo(leak.toString());
      own.admin("POST", OPERATORS, "{}").is(201);
      own.admin(
              "POST",
              OPERATORS,
              "{\"tenant\":\"%s\",\"keyId\":\"%s\"}".formatted(one.tenant(), one.id()))
          .is(201);
      List<JsonNode> changes = own.changesAfter(mark);
      assertThat(changes).hasSize(3);
      assertThat(changes.getFirst().path("notBefore").asLong()).isEqualTo(leak.getEpochSecond());
      assertThat(changes.getFirst().has("user")).isFalse();
      assertThat(changes.get(1).propertyNames())
          .containsExactlyInAnyOrder("number", "kind", "notBefore", "until");
    }
  }

  /// Every gateway reads every change, and the audit log tells what was changed.
  @Test
  void changesNothingAgainUpToTheSameSecondOrAnEarlierOne() {
    try (TestAuth own = TestAuth.start(Map.of())) {
      ClientKey one = own.newKey();
      Instant leak = Instant.now().minus(Duration.ofHours(2)).truncatedTo(ChronoUnit.SECONDS);
      List<String> whose =
          List.of(
              "",
              "\"tenant\":\"%s\",".formatted(one.tenant()),
              "\"tenant\":\"%s\",\"user\":\"anna\",".formatted(one.tenant()),
              "\"tenant\":\"%s\",\"user\":\"ben\",".formatted(one.tenant()),
              "\"tenant\":\"%s\",\"keyId\":\"%s\",".formatted(one.tenant(), one.id()));
      whose.forEach(of -> revoke(own, of, leak));
      JsonNode changes = own.gateway("/internal/v1/changes").is(200).json();
      assertThat(changes.path("changes")).hasSize(2 + whose.size());
      String audit = own.admin("GET", "/admin/v1/audit").is(200).body();
      for (String of : whose) {
        revoke(own, of, leak.plusMillis(999));
        revoke(own, of, leak.minusSeconds(3600));
        assertThat(own.gateway("/internal/v1/changes").is(200).json()).isEqualTo(changes);
      }
      assertThat(own.admin("GET", "/admin/v1/audit").is(200).body()).isEqualTo(audit);
      whose.forEach(of -> revoke(own, of, leak.plusSeconds(1)));
      assertThat(own.changesAfter(changes.path("next").asLong()))
          .hasSize(whose.size())
          .allMatch(change -> change.path("notBefore").asLong() == leak.getEpochSecond() + 1);
    }
  }

  private static void revoke(TestAuth auth, String whose, Instant notBefore) {
    Answer answer =
        auth.admin("POST", OPERATORS, "{%s\"notBefore\":\"%s\"}".formatted(whose, notBefore))
            .is(201);
    assertThat(answer.text("notBefore"))
        .isEqualTo(notBefore.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  @Test
  void refusesWhatOperatorsCanNotMean() {
    for (String body :
        List.of(
            "{\"user\":\"anna\"}",
            "{\"keyId\":\"" + key.id() + "\"}",
            "{\"user\":\"anna\",\"keyId\":\"%s\"}".formatted(key.id()),
            "{\"tenant\":\"%s\",\"user\":\"anna\",\"keyId\":\"%s\"}"
                .formatted(key.tenant(), key.id()),
            "{\"tenant\":\"nobody\",\"user\":\"anna\",\"keyId\":\"%s\"}".formatted(key.id()),
            "{\"notBefore\":\"tomorrow\"}",
            "{\"notBefore\":\"" + Instant.now().plusSeconds(60) + "\"}",
            "{\"notBefore\":\"" + Instant.now().minus(Duration.ofHours(26)) + "\"}")) {
      auth.admin("POST", OPERATORS, body).isProblem(400, "invalid-revocation");
    }
    auth.admin("POST", OPERATORS, "{\"notBefore\":1}").isProblem(400, "invalid-body");
    assertThat(changes()).isEmpty();
  }

  /// A mistyped id must not pass for a revocation.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"tenant\":\"nobody\"}",
        "{\"tenant\":\"nobody\",\"user\":\"anna\"}",
        "{\"tenant\":\"nobody\",\"keyId\":\"key_a\"}",
        "{\"tenant\":\".\"}"
      })
  void knowsNoOtherTenant(String body) {
    auth.admin("POST", OPERATORS, body).isProblem(404, "unknown-tenant");
    assertThat(changes()).isEmpty();
    assertThat(auth.admin("GET", "/admin/v1/audit?tenant=nobody").is(200).json().path("entries"))
        .isEmpty();
  }

  @Test
  void knowsNoOtherKeyOfATenant() {
    for (String other : List.of("key_a", auth.newKey().id())) {
      auth.admin(
              "POST",
              OPERATORS,
              "{\"tenant\":\"%s\",\"keyId\":\"%s\"}".formatted(key.tenant(), other))
          .isProblem(404, "unknown-key");
    }
    assertThat(changes()).isEmpty();
  }

  /// One by one up to a bound; all of a user's at once goes on.
  @Test
  void boundsTheTokensRevokedOneByOne() {
    try (TestAuth own = TestAuth.start(Map.of("plimsoll.auth.revoked-tokens-per-tenant", "2"))) {
      ClientKey one = own.newKey();
      List<String> tokens =
          Stream.generate(() -> own.token(one, "grant_type", "client_credentials"))
              .limit(3)
              .map(answer -> answer.is(200).text("access_token"))
              .toList();
      own.revoke(one, tokens.get(0)).is(200);
      own.revoke(one, tokens.get(1)).is(200);
      long full = own.head();
      Answer refused = own.revoke(one, tokens.get(2)).isProblem(409, "too-many-revocations");
      assertThat(refused.text("detail")).contains("POST /auth/v1/revocations");
      assertThat(own.changesAfter(full)).isEmpty();
      // what is revoked already, and another tenant's, count for nothing
      own.revoke(one, tokens.get(0)).is(200);
      ClientKey other = own.newKey();
      own.revoke(other, own.token(other, "grant_type", "client_credentials").text("access_token"))
          .is(200);
      own.customer(
              TestTokens.tenant("auth", one.tenant(), "auth:admin"),
              PATH,
              "{\"keyId\":\"" + one.id() + "\"}")
          .is(201);
      own.clock().advance(Duration.ofMinutes(61));
      own.revoke(one, own.token(one, "grant_type", "client_credentials").text("access_token"))
          .is(200);
    }
  }

  @Test
  void boundsTheUsersRevoked() {
    try (TestAuth own = TestAuth.start(Map.of("plimsoll.auth.revoked-tokens-per-tenant", "2"))) {
      ClientKey one = own.newKey();
      String token = TestTokens.tenant("auth", one.tenant(), "auth:admin");
      own.customer(token, PATH, "{\"user\":\"a\"}").is(201);
      own.customer(token, PATH, "{\"user\":\"b\"}").is(201);
      long full = own.head();
      own.customer(token, PATH, "{\"user\":\"c\"}").isProblem(409, "too-many-revocations");
      assertThat(own.changesAfter(full)).isEmpty();
      // again, of a key, and another tenant's
      own.customer(token, PATH, "{\"user\":\"b\"}").is(201);
      own.customer(token, PATH, "{\"keyId\":\"" + one.id() + "\"}").is(201);
      String other = TestTokens.tenant("auth", own.newTenant(), "auth:admin");
      own.customer(other, PATH, "{\"user\":\"c\"}").is(201);
    }
  }

  private Answer revoke(String body) {
    return auth.customer(TestTokens.tenant("auth", key.tenant(), "auth:admin"), PATH, body);
  }

  private List<String> changes() {
    return auth.changesAfter(head).stream()
        .filter(change -> change.path("kind").asString().equals("not-before"))
        .map(JsonNode::toString)
        .toList();
  }
}
