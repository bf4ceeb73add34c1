package io.plimsoll.auth.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.service.Answer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeysIT {

  private final TestAuth auth = TestAuth.shared();

  @Test
  void showsTheSecretOnceAndKeepsItsHashAlone() throws Exception {
    String keys = keysOf(auth.newTenant());
    Answer created = auth.admin("POST", keys, "{\"name\":\"backend\"}").is(201);
    assertThat(created.header("Cache-Control")).isEqualTo("no-store");
    assertThat(created.text("keyId")).matches("key_[0-9a-f]{20}");
    String secret = created.text("secret");
    assertThat(secret).matches("plimsoll_sk_[A-Za-z0-9_-]{43}");
    assertThat(created.text("scope"))
        .isEqualTo("chat:read chat:write textsync:read textsync:write");

    assertThat(auth.admin("GET", keys).is(200).body())
        .contains(created.text("keyId"))
        .doesNotContain(secret, "secret");
    Map<String, @Nullable Object> row =
        auth.jdbc()
            .sql("select * from api_keys where key_id = :key")
            .param("key", created.text("keyId"))
            .query()
            .singleRow();
    assertThat(row.remove("secret_sha256"))
        .isEqualTo(
            MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
    assertThat(row.toString()).doesNotContain(secret, secret.substring(12));
  }

  @Test
  void makesEveryKeyAndSecretAnew() {
    String keys = keysOf(auth.newTenant());
    Set<String> made = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      Answer created = auth.admin("POST", keys, "{\"name\":\"backend\"}").is(201);
      made.add(created.text("keyId"));
      made.add(created.text("secret"));
    }
    assertThat(made).hasSize(20);
  }

  @Test
  void showsThemPageByPageTheOldestFirst() {
    String keys = keysOf(auth.newTenant());
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      made.add(auth.admin("POST", keys, "{\"name\":\"backend\"}").is(201).text("keyId"));
    }
    List<String> shown = new ArrayList<>();
    String after = "";
    do {
      var page = auth.admin("GET", keys + "?limit=2&after=" + after).is(200).json();
      page.path("keys").forEach(key -> shown.add(key.path("keyId").asString()));
      after = page.path("next").asString("");
    } while (!after.isEmpty());
    assertThat(shown).isEqualTo(made);
    auth.admin("GET", keys + "?limit=0").isProblem(400, "invalid-parameter");
    auth.admin("GET", keys + "?limit=").isProblem(400, "invalid-parameter");
  }

  @Test
  void keepsWhatTheKeyIsMadeWith() {
    String keys = keysOf(auth.newTenant());
    Instant expiry = Instant.now().plusSeconds(3600);
    auth.admin(
            "POST",
            keys,
            "{\"name\":\"Räder\",\"scope\":\"chat:read other:admin\",\"expiresAt\":\"%s\"}"
                .formatted(expiry))
        .is(201);
    var key = auth.admin("GET", keys).is(200).json().at("/keys/0");
    assertThat(key.path("name").asString()).isEqualTo("Räder");
    assertThat(key.path("scope").asString()).isEqualTo("chat:read other:admin");
    assertThat(Instant.parse(key.path("expiresAt").asString()))
        .isEqualTo(expiry.truncatedTo(ChronoUnit.SECONDS));
    assertThat(key.has("disabledAt")).isFalse();
    assertThat(key.has("lastUsedHour")).isFalse();
  }

  @Test
  void disablesAKeyForGood() {
    String keys = keysOf(auth.newTenant());
    String key = auth.admin("POST", keys, "{\"name\":\"backend\"}").is(201).text("keyId");
    auth.admin("DELETE", keys + "/" + key).is(204);
    String disabledAt = auth.admin("GET", keys).json().at("/keys/0/disabledAt").asString();
    assertThat(Instant.parse(disabledAt)).isBeforeOrEqualTo(Instant.now());
    auth.admin("DELETE", keys + "/" + key).is(204);
    assertThat(auth.admin("GET", keys).json().at("/keys/0/disabledAt").asString())
        .isEqualTo(disabledAt);
  }

  @Test
  void knowsOnlyTheTenantsOwnKeys() {
    String mine = keysOf(auth.newTenant());
    String other = keysOf(auth.newTenant());
    String key = auth.admin("POST", other, "{\"name\":\"backend\"}").is(201).text("keyId");
    auth.admin("DELETE", mine + "/" + key).isProblem(404, "unknown-key");
    auth.admin("DELETE", mine + "/key_unknown").isProblem(404, "unknown-key");
    assertThat(auth.admin("GET", mine).is(200).json().path("keys")).isEmpty();
    assertThat(auth.admin("GET", other).json().at("/keys/0").has("disabledAt")).isFalse();
  }

  @Test
  void doesNotKnowTenantsThatAreNotThere() {
    auth.admin("POST", keysOf("nobody"), "{\"name\":\"x\"}").isProblem(404, "unknown-tenant");
    auth.admin("GET", keysOf("nobody")).isProblem(404, "unknown-tenant");
    auth.admin("DELETE", keysOf("nobody") + "/key_x").isProblem(404, "unknown-key");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                                    | invalid-body
          {"name":""}                                           | invalid-body
          {"name":"x","more":1}                                 | invalid-body
          {"name":"x","secret":"mine"}                          | invalid-body
          {"name":"x","keyId":"mine"}                           | invalid-body
          {"name":"x","scope":["chat:read"]}                    | invalid-body
          {"name":"x","scope":""}                               | invalid-key
          {"name":"x","scope":"chat"}                           | invalid-key
          {"name":"x","scope":"chat:read,chat:write"}           | invalid-key
          {"name":"x","expiresAt":"2020-01-01T00:00:00Z"}       | invalid-key
          {"name":"x","expiresAt":"+12345-01-01T00:00:00Z"}     | invalid-key
          {"name":"x","expiresAt":"-200000000-01-01T00:00:00Z"} | invalid-key
          {"name":"x","expiresAt":"tomorrow"}                   | invalid-key
          {"name":"x","expiresAt":""}                           | invalid-key
          {"name":"x","expiresAt":4102444800}                   | invalid-body
          {"name":"x","expiresAt":"4102444800"}                 | invalid-key
          """)
  void refusesBadBodies(String body, String cause) {
    String keys = keysOf(auth.newTenant());
    auth.admin("POST", keys, body).isProblem(400, cause);
    assertThat(auth.admin("GET", keys).json().path("keys")).isEmpty();
  }

  @Test
  void boundsTheKeysInUse() throws Exception {
    try (TestAuth small = TestAuth.start(Map.of("plimsoll.auth.keys-per-tenant", "3"));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      String keys = keysOf(small.newTenant());
      List<Callable<Integer>> creations =
          IntStream.range(0, 12)
              .<Callable<Integer>>mapToObj(
                  _ -> () -> small.admin("POST", keys, "{\"name\":\"x\"}").status())
              .toList();
      List<Integer> statuses =
          clients.invokeAll(creations).stream().map(Future::resultNow).toList();
      assertThat(statuses).containsOnly(201, 409);
      assertThat(statuses.stream().filter(status -> status == 201)).hasSize(3);
      small.admin("POST", keys, "{\"name\":\"x\"}").isProblem(409, "too-many-keys");

      String first = small.admin("GET", keys).json().at("/keys/0/keyId").asString();
      small.admin("DELETE", keys + "/" + first).is(204);
      small.admin("POST", keys, "{\"name\":\"x\"}").is(201);

      // one that comes back to life counts
      String last = keys + "/" + small.admin("GET", keys).json().at("/keys/1/keyId").asString();
      Instant soon = Instant.now().plusSeconds(2);
      small.admin("PATCH", last, "{\"expiresAt\":\"" + soon + "\"}").is(200);
      Awaitility.await().until(() -> small.admin("POST", keys, "{\"name\":\"x\"}").status() == 201);
      Instant later = soon.plusSeconds(3600);
      small
          .admin("PATCH", last, "{\"expiresAt\":\"" + later + "\"}")
          .isProblem(409, "too-many-keys");
    }
  }

  private static String keysOf(String tenant) {
    return "/admin/v1/tenants/" + tenant + "/keys";
  }
}
