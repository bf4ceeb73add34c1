package io.plimsoll.auth.change;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.auth.TestSigner;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import tools.jackson.databind.JsonNode;

class ChangesIT {

  private final TestAuth auth = TestAuth.shared();

  @AfterEach
  void now() {
    auth.clock().reset();
  }

  @Test
  void servesEverythingAlivePageByPage() {
    try (TestAuth own = TestAuth.start(Map.of())) {
      assertThat(own.gateway("/internal/v1/changes").is(200).body())
          .matches(
              "\\{\"next\":0,\"mark\":\"[0-9a-f-]{36}\",\"more\":false,\"reset\":false,\"changes\":\\[]}");
      ClientKey key = own.newKey();
      own.admin("DELETE", "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id()).is(204);
      // tenant 1, key 2, which 4 replaces, and the not-before of the disabled key 3
      JsonNode first = own.gateway("/internal/v1/changes?after=0&limit=2").is(200).json();
      assertThat(numbers(first)).containsExactly(1L, 3L);
      assertThat(first.path("next").asLong()).isEqualTo(3);
      assertThat(first.path("more").asBoolean()).isTrue();
      JsonNode second = own.gateway("/internal/v1/changes?after=3&limit=2").is(200).json();
      assertThat(numbers(second)).containsExactly(4L);
      assertThat(second.path("next").asLong()).isEqualTo(4);
      assertThat(second.path("more").asBoolean()).isFalse();
      assertThat(second.at("/changes/0").toString())
          .isEqualTo("{\"number\":4,\"kind\":\"key\",\"keyId\":\"%s\"}".formatted(key.id()));
      JsonNode notBefore = first.at("/changes/1");
      assertThat(notBefore.propertyNames())
          .containsExactlyInAnyOrder("number", "kind", "tenant", "key", "notBefore", "until");
      assertThat(notBefore.path("until").asLong() - notBefore.path("notBefore").asLong())
          .isEqualTo(25 * 3600);
      // whoever is ahead, of a restored backup, is told the head
      JsonNode ahead = own.gateway("/internal/v1/changes?after=1000").is(200).json();
      assertThat(ahead.path("next").asLong()).isEqualTo(4);
      assertThat(ahead.path("changes")).isEmpty();
    }
  }

  /// A backup of the database is restored, and has gone on beyond what a gateway had read by then.
  @Test
  void tellsAReaderOfAnotherHistoryToStartAgain() {
    try (TestAuth own = TestAuth.start(Map.of())) {
      own.newTenant();
      JsonNode shared = own.gateway("/internal/v1/changes?after=0").is(200).json();
      List<String> tables = List.of("change_counter", "change_marks", "changes", "audit");
      tables.forEach(
          table -> own.jdbc().sql("create table b_" + table + " as table " + table).update());
      own.newTenant();
      own.newTenant();
      JsonNode lost = own.gateway("/internal/v1/changes?after=0").is(200).json();
      tables.forEach(
          table -> {
            own.jdbc().sql("delete from " + table).update();
            own.jdbc().sql("insert into " + table + " table b_" + table).update();
          });
      // the reader is ahead
      assertThat(after(own, lost).path("reset").asBoolean()).isTrue();
      assertThat(numbers(after(own, lost))).containsExactly(1L);
      for (int i = 0; i < 4; i++) {
        own.newTenant();
      }
      // and would not know it by the number any more
      JsonNode reset = after(own, lost);
      assertThat(reset.path("reset").asBoolean()).isTrue();
      assertThat(numbers(reset)).containsExactly(1L, 2L, 3L, 4L, 5L);
      assertThat(after(own, reset).path("reset").asBoolean()).isFalse();
      // who had read no more than the backup holds goes on
      JsonNode on = after(own, shared);
      assertThat(on.path("reset").asBoolean()).isFalse();
      assertThat(numbers(on)).containsExactly(2L, 3L, 4L, 5L);
    }
  }

  @Test
  void keepsTheMarksOfReadersThatAreThere() {
    try (TestAuth own = TestAuth.start(Map.of("plimsoll.auth.purge", "50ms"))) {
      own.newTenant();
      JsonNode away = own.gateway("/internal/v1/changes?after=0").is(200).json();
      own.newTenant();
      JsonNode page = own.gateway("/internal/v1/changes?after=0&limit=1").is(200).json();
      assertThat(page.path("more").asBoolean()).isTrue();
      assertThat(after(own, page).path("reset").asBoolean()).isFalse();
      JsonNode last = own.gateway("/internal/v1/changes?after=0").is(200).json();
      own.clock().advance(Duration.ofHours(30));
      Awaitility.await()
          .until(
              () ->
                  own.jdbc().sql("select count(*) from change_marks").query(Long.class).single()
                      == 1);
      assertThat(after(own, last).path("reset").asBoolean()).isFalse();
      assertThat(after(own, away).path("reset").asBoolean()).isTrue();
    }
  }

  /// As a revoked token that is dated ahead.
  @Test
  void pagesThroughWhatOutlivesTheMarksOfOthers() {
    try (TestAuth own = TestAuth.start(Map.of("plimsoll.auth.purge", "50ms"))) {
      for (int i = 0; i < 4; i++) {
        own.newTenant();
      }
      own.jdbc()
          .sql(
              """
              update changes set until_at = until_at + 864000
              where number in (select number from changes order by number limit 3)
              """)
          .update();
      own.clock().advance(Duration.ofHours(30));
      Awaitility.await()
          .until(
              () -> own.jdbc().sql("select count(*) from changes").query(Long.class).single() == 3);
      JsonNode page = own.gateway("/internal/v1/changes?after=0&limit=1").is(200).json();
      assertThat(page.path("more").asBoolean()).isTrue();
      assertThat(after(own, page).path("reset").asBoolean()).isFalse();
      assertThat(after(own, page).path("changes")).hasSize(2);
    }
  }

  private static JsonNode after(TestAuth own, JsonNode page) {
    return own.gateway(
            "/internal/v1/changes?after=%s&mark=%s"
                .formatted(page.path("next").asString(), page.path("mark").asString()))
        .is(200)
        .json();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "after=-1",
        "after=1&mark=x",
        "after=x",
        "after=",
        "limit=0",
        "limit=1001",
        "limit="
      })
  void refusesBadPages(String query) {
    auth.gateway("/internal/v1/changes?" + query).isProblem(400, "invalid-parameter");
  }

  /// A number taken from a sequence could be committed after a greater one, which a reader has gone
  /// beyond by then.
  @Test
  void hidesNothingFromAReaderWhileManyWrite() throws Exception {
    List<ClientKey> keys = IntStream.range(0, 8).mapToObj(_ -> auth.newKey()).toList();
    long start = auth.head();
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var reader =
          threads.submit(
              () -> {
                List<String> seen = new ArrayList<>();
                long next = start;
                boolean last;
                do {
                  last = done.get();
                  JsonNode page = auth.gateway("/internal/v1/changes?after=" + next).json();
                  page.path("changes")
                      .forEach(change -> seen.add(change.path("token").asString("")));
                  next = page.path("next").asLong();
                } while (!last);
                return seen;
              });
      List<String> tokens =
          keys.stream()
              .flatMap(
                  key ->
                      IntStream.range(0, 10)
                          .mapToObj(
                              _ ->
                                  auth.token(key, "grant_type", "client_credentials")
                                      .is(200)
                                      .text("access_token")))
              .toList();
      List<Callable<Integer>> revocations = new ArrayList<>();
      for (int i = 0; i < tokens.size(); i++) {
        ClientKey key = keys.get(i / 10);
        String token = tokens.get(i);
        revocations.add(() -> auth.revoke(key, token).status());
      }
      assertThat(threads.invokeAll(revocations)).allMatch(answer -> answer.resultNow() == 200);
      done.set(true);
      assertThat(reader.get(30, TimeUnit.SECONDS)).doesNotHaveDuplicates().hasSize(80);
    }
    List<Long> numbers =
        auth.changesAfter(start).stream().map(change -> change.path("number").asLong()).toList();
    assertThat(numbers).isSorted().hasSize(80);
    assertThat(numbers.getLast()).isEqualTo(start + 80);
  }

  @Test
  void forgetsATokenWhenItHasEnded() {
    try (TestAuth own = TestAuth.start(Map.of("plimsoll.auth.purge", "50ms"))) {
      ClientKey key = own.newKey();
      String token = own.token(key, "grant_type", "client_credentials").text("access_token");
      own.revoke(key, token).is(200);
      long until = own.changesAfter(2).getFirst().path("until").asLong();
      assertThat(until).isGreaterThan(own.clock().instant().getEpochSecond() + 3500);
      own.clock().advance(Duration.ofMinutes(61));
      assertThat(own.changesAfter(2)).isEmpty();
      Awaitility.await()
          .until(
              () ->
                  own.jdbc()
                          .sql("select count(*) from changes where kind = 'token'")
                          .query(Long.class)
                          .single()
                      == 0);
      assertThat(own.head()).isEqualTo(3);
    }
  }

  @Test
  void announcesTheNumberOnceItIsCommitted() throws Exception {
    BlockingQueue<Long> heard = new LinkedBlockingQueue<>();
    LettuceConnectionFactory redis =
        new LettuceConnectionFactory(
            new RedisStandaloneConfiguration(
                TestBackends.redis().host(), TestBackends.redis().port()));
    redis.start();
    try (var connection = redis.getConnection()) {
      connection.subscribe(
          (message, _) ->
              heard.add(Long.parseLong(new String(message.getBody(), StandardCharsets.UTF_8))),
          "plimsoll:auth:changes".getBytes(StandardCharsets.UTF_8));
      ClientKey key = auth.newKey();
      String token = auth.token(key, "grant_type", "client_credentials").text("access_token");
      auth.revoke(key, token).is(200);
      long head = auth.head();
      Long number;
      do {
        number = heard.poll(20, TimeUnit.SECONDS);
        assertThat(number).as("announced").isNotNull();
      } while (number < head);
    } finally {
      redis.destroy();
    }
  }

  @Test
  void needsNoRedis() {
    try (TestServer redis = TestBackends.privateRedis()) {
      redis.stop();
      try (TestAuth own =
          TestAuth.start(Map.of("spring.data.redis.port", String.valueOf(redis.port())))) {
        ClientKey key = own.newKey();
        String token = own.token(key, "grant_type", "client_credentials").text("access_token");
        own.revoke(key, token).is(200);
        assertThat(own.changesAfter(0)).hasSize(3);
        own.send(own.internalPort("/actuator/health/readiness")).is(200);
        own.send(own.internalPort("/actuator/health")).is(200);
      }
    }
  }

  @Test
  void tellsOfKeysMadeChangedAndDisabled() {
    ClientKey key = auth.newKey();
    String path = "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id();
    long head = auth.head();
    auth.admin("PUT", path + "/verification", TestSigner.es256(key.id()).jwk()).is(200);
    assertThat(kinds(head)).containsExactly("key");
    head = auth.head();
    auth.admin("PATCH", path, "{\"scope\":\"chat:read\"}").is(200);
    assertThat(kinds(head)).containsExactly("key");
    head = auth.head();
    auth.admin("PATCH", path, "{\"scope\":\"chat:read\"}").is(200);
    assertThat(kinds(head)).isEmpty();
    auth.admin("DELETE", path).is(204);
    assertThat(kinds(head)).containsExactly("not-before", "key");
    head = auth.head();
    auth.admin("DELETE", path).is(204);
    assertThat(kinds(head)).isEmpty();
  }

  private List<String> kinds(long after) {
    return auth.changesAfter(after).stream().map(change -> change.path("kind").asString()).toList();
  }

  private static List<Long> numbers(JsonNode page) {
    List<Long> numbers = new ArrayList<>();
    page.path("changes").forEach(change -> numbers.add(change.path("number").asLong()));
    return numbers;
  }
}
