package io.plimsoll.ratelimit.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.service.Answer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import tools.jackson.databind.JsonNode;

/// The protocol, message by message.
class LeasesIT {

  private final TestRatelimit service = TestRatelimit.shared();
  private final String tenant = TestRatelimit.newName("tenant");
  private final String gateway = TestRatelimit.newName("gateway");
  private long sequence;

  private JsonNode ask(String policy, long lease, int want, int held, String returns) {
    return ask(gateway, policy, lease, want, held, returns);
  }

  private JsonNode ask(String from, String policy, long lease, int want, int held, String returns) {
    Answer answer =
        service
            .call(
                from,
                ++sequence,
                """
                "demands":[{"tenant":"%s","policy":"%s","key":"anna","lease":%d,"want":%d,\
                "held":%d,"returns":[%s]}]
                """
                    .formatted(tenant, policy, lease, want, held, returns))
            .is(200);
    assertThat(answer.json().path("sequence").asLong()).isEqualTo(sequence);
    return answer.json().path("assignments").get(0);
  }

  private static int units(JsonNode assignment) {
    return assignment.path("units").asInt();
  }

  @Test
  void grantsUnitsWithALifeAndAFallback() {
    String policy = service.policy(tenant, "\"per\":\"user\",\"rate\":1000,\"burst\":2");
    JsonNode first = filled(policy, 1);
    assertThat(units(first)).isEqualTo(1);
    assertThat(first.path("fallback").asString()).isEqualTo("share");
    Answer answer = service.call(gateway, ++sequence, "\"demands\":[]").is(200);
    assertThat(answer.json().path("ttlMillis").asLong()).isEqualTo(10_000);
    assertThat(answer.text("policies")).isNotEmpty();
  }

  /// Asks until the partition is old enough for one unit.
  private JsonNode filled(String policy, int want) {
    for (long lease = 1_000; ; lease++) {
      JsonNode answer = ask(policy, lease, want, 0, "");
      if (units(answer) > 0) {
        return answer;
      }
      assertThat(answer.path("emptyMillis").asLong()).isPositive();
    }
  }

  @Test
  void answersTheSameLeaseTheSameWayAndDebitsItOnce() {
    String policy = service.policy(tenant, "\"per\":\"user\",\"rate\":100,\"burst\":2");
    filled(policy, 1);
    for (long lease = 2_000; ; lease++) {
      JsonNode once = ask(policy, lease, 1, 0, "");
      JsonNode again = ask(policy, lease, 1, 0, "");
      if (units(once) == 1) {
        assertThat(units(again)).isEqualTo(1);
        break;
      }
    }
  }

  @Test
  void creditsAReturnOnceAndNoMoreThanWasGranted() {
    String policy = service.policy(tenant, "\"per\":\"user\",\"rate\":0.001,\"burst\":1000");
    // nobody can wait for such a rate: shrink the burst to what there may be after a rate
    service.admin(
        "PUT",
        "/admin/v1/policies/" + policy,
        "{\"limit\":\"%s\",\"tenant\":\"%s\",\"per\":\"user\",\"rate\":1000,\"burst\":10}"
            .formatted(policy, tenant));
    org.awaitility.Awaitility.await()
        .until(() -> units(ask(policy, ++sequence + 10_000, 1, 0, "")) == 1);
    long lease = 50_000;
    org.awaitility.Awaitility.await()
        .until(() -> ask(policy, 0, 0, 0, "").path("available").asLong() == 10);
    service.admin(
        "PUT",
        "/admin/v1/policies/" + policy,
        "{\"limit\":\"%s\",\"tenant\":\"%s\",\"per\":\"user\",\"rate\":0.001,\"burst\":10}"
            .formatted(policy, tenant));
    String before = service.gateway("/internal/v1/policies", "").text("version");
    org.awaitility.Awaitility.await()
        .until(
            () ->
                !service.gateway("/internal/v1/policies", "").text("version").equals(before)
                    || service
                        .gateway("/internal/v1/policies", "")
                        .body()
                        .contains("\"rate\":0.001"));
    assertThat(units(ask(policy, lease, 1, 0, ""))).isEqualTo(1);
    assertThat(available(policy, "")).isEqualTo(9);
    String returned = "{\"lease\":%d,\"units\":7}".formatted(lease);
    assertThat(available(policy, returned)).isEqualTo(10);
    assertThat(units(ask(policy, lease + 1, 1, 0, ""))).isEqualTo(1);
    assertThat(available(policy, returned)).isEqualTo(9);
    assertThat(available(policy, "{\"lease\":99,\"units\":7}")).isEqualTo(9);
  }

  private long available(String policy, String returns) {
    return ask(policy, 0, 0, 0, returns).path("available").asLong();
  }

  @Test
  void neverLetsAGatewayHoldMoreThanItsMost() {
    String policy = service.policy(tenant, "\"per\":\"user\",\"rate\":1000,\"burst\":20");
    org.awaitility.Awaitility.await().until(() -> available(policy, "") == 20);
    assertThat(units(ask(policy, 1, 20, 0, ""))).isLessThanOrEqualTo(10);
    assertThat(units(ask(policy, 2, 20, 10, ""))).isZero();
    assertThat(units(ask(policy, 3, 20, 9, ""))).isLessThanOrEqualTo(1);
  }

  @Test
  void saysUntilWhenABucketIsEmpty() {
    String policy = service.policy(tenant, "\"per\":\"user\",\"rate\":1,\"burst\":1");
    JsonNode answer = ask(policy, 1, 1, 0, "");
    for (long lease = 2; units(answer) > 0; lease++) {
      answer = ask(policy, lease, 1, 0, "");
    }
    assertThat(answer.path("emptyMillis").asLong()).isBetween(1L, 1_001L);
  }

  /// Units come two seconds apart: nobody asks as often as once a second.
  @Test
  void keepsTheTurnOfAGatewayThatWasToldToWait() {
    String policy = service.policy(tenant, "\"per\":\"user\",\"rate\":0.5,\"burst\":1");
    filled(policy, 1);
    await(ask("other", policy, 1, 1, 0, ""));
    // it got nothing for longer than the other has waited
    assertThat(units(ask(policy, 2_000, 1, 0, ""))).isEqualTo(1);
    await(ask("other", policy, 2, 1, 0, ""));
    assertThat(units(ask(policy, 3_000, 1, 0, ""))).isZero();
    assertThat(units(ask("other", policy, 3, 1, 0, ""))).isEqualTo(1);
  }

  private static void await(JsonNode refused) {
    assertThat(units(refused)).isZero();
    long millis = refused.path("emptyMillis").asLong();
    assertThat(millis).isGreaterThan(1_000);
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis + 20));
  }

  @Test
  void countsOpenStreamsOfAllGateways() {
    String policy = service.policy(tenant, "\"per\":\"user\",\"streams\":3");
    assertThat(open("g1", 1, policy, 0, 2)).isEqualTo(2);
    assertThat(open("g2", 1, policy, 0, 2)).isEqualTo(1);
    // late, older
    assertThat(open("g1", 0, policy, 0, 1)).isZero();
    assertThat(open("g1", 2, policy, 1, 0)).isZero();
    assertThat(open("g2", 2, policy, 1, 2)).isEqualTo(1);
    // what is open is counted whatever the limit
    assertThat(open("g3", 1, policy, 7, 0)).isZero();
    assertThat(open("g1", 3, policy, 1, 1)).isZero();
  }

  private int open(String from, long number, String policy, int open, int want) {
    return service
        .call(
            tenant + from,
            number,
            """
            "streams":[{"tenant":"%s","policy":"%s","key":"anna","open":%d,"want":%d}]
            """
                .formatted(tenant, policy, open, want))
        .is(200)
        .json()
        .path("streams")
        .get(0)
        .path("granted")
        .asInt();
  }

  /// Policies, what a call says beside them, and the names in Redis, which instances of other
  /// versions must find, too.
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          "per":"tenant"                                                  ;      ; ''
          "per":"user"                                                    ; anna ; anna
          "per":"key"                                                     ; k1   ; |k1
          "per":"tenant","routeClass":"auth"                              ;      ; ||auth
          "per":"user","routeClass":"auth"                                ; anna ; anna||auth
          "per":"key","routeClass":"auth"                                 ; k1   ; |k1|auth
          "per":"tenant","user":"anna"                                    ;      ; anna
          "per":"user","user":"anna"                                      ; anna ; anna
          "per":"key","user":"anna"                                       ; k1   ; anna|k1
          "per":"tenant","apiKey":"k1"                                    ;      ; |k1
          "per":"user","apiKey":"k1"                                      ; anna ; anna|k1
          "per":"key","apiKey":"k1"                                       ; k1   ; |k1
          "per":"user","user":"anna","apiKey":"k1","routeClass":"auth"    ; anna ; anna|k1|auth
          """)
  void namesABucketByWhatItsPolicySays(String rule, @Nullable String key, String name) {
    String rate = service.policy(tenant, rule + ",\"rate\":10,\"burst\":10");
    String streams = service.policy(tenant, rule + ",\"streams\":3");
    String part = key == null ? "" : key;
    service
        .call(
            gateway,
            1,
            """
            "demands":[{"tenant":"%s","policy":"%s","key":"%s","lease":1,"want":1,"held":0}],
            "streams":[{"tenant":"%s","policy":"%s","key":"%s","open":1,"want":0}]
            """
                .formatted(tenant, rate, part, tenant, streams, part))
        .is(200);
    assertThat(keys("b", rate)).containsExactly(tenant + "|" + rate + "|" + name);
    assertThat(keys("s", streams)).containsExactly(tenant + "|" + streams + "|" + name);
  }

  private List<String> keys(String kind, String limit) {
    return Objects.requireNonNull(
        service
            .context()
            .getBean(ReactiveStringRedisTemplate.class)
            .keys("rl:{*}:" + kind + ":" + tenant + "|" + limit + "|*")
            .map(key -> key.replaceFirst("rl:\\{[^}]*}:.:", ""))
            .collectList()
            .block());
  }

  @Test
  void saysThatItKnowsNoSuchPolicy() {
    JsonNode answer = ask("nothing", 1, 1, 0, "");
    assertThat(answer.path("unknown").asBoolean()).isTrue();
    assertThat(answer.size()).isEqualTo(1); // nothing else is known of it
    String streams = service.policy(tenant, "\"per\":\"user\",\"streams\":3");
    assertThat(ask(streams, 1, 1, 0, "")).isEqualTo(answer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"demands\":[null]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"lease\":1,\"want\":1,\"held\":0}]",
        "\"demands\":[{\"tenant\":\"a|b\",\"policy\":\"p\",\"key\":\"\",\"lease\":1,\"want\":1,\"held\":0}]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"{x}\",\"lease\":1,\"want\":1,\"held\":0}]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"lease\":1,\"want\":-1,\"held\":0}]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"lease\":-1,\"want\":1,\"held\":0}]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"lease\":1,\"want\":1,\"held\":0,"
            + "\"returns\":[{\"lease\":1,\"units\":-5}]}]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"lease\":1,\"want\":100000001,"
            + "\"held\":0}]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"lease\":1,\"want\":1,"
            + "\"held\":2147483647}]",
        "\"streams\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"open\":-1,\"want\":1}]"
      })
  void refusesMalformedCalls(String members) {
    service.call(gateway, 1, members).isProblem(400, "invalid-call");
  }

  @Test
  void refusesACallOfNobody() {
    service.gateway("/internal/v1/leases", "{\"sequence\":1}").isProblem(400, "invalid-call");
  }

  @Test
  void takesNumbersUpToTheirBounds() {
    String policy = service.policy(tenant, "\"per\":\"tenant\",\"rate\":1000,\"burst\":20");
    service
        .call(
            gateway,
            (1L << 53) - 1,
            """
            "demands":[{"tenant":"%s","policy":"%s","key":"","lease":%d,"want":100000000,\
            "held":100000000}]
            """
                .formatted(tenant, policy, Long.MAX_VALUE))
        .is(200);
    service.call(gateway, 1L << 53, "\"demands\":[]").isProblem(400, "invalid-call");
    service.call(gateway, -1, "\"demands\":[]").isProblem(400, "invalid-call");
  }

  /// Nothing of a call is passed over; another version of the protocol has another path.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"demands\":[],\"more\":1",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"lease\":1,\"want\":1,\"held\":0,"
            + "\"more\":1}]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"lease\":1,\"want\":1}]",
        "\"demands\":[{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"x\",\"lease\":1,\"want\":1.5,\"held\":0}]"
      })
  void takesTheMembersOfThisVersionAndNoOthers(String members) {
    service.call(gateway, 1, members).isProblem(400, "invalid-body");
    service.gateway("/internal/v2/leases", "{}").isProblem(404, "not-found");
  }

  @Test
  void refusesACallWithTooManyDemands() {
    String demand =
        "{\"tenant\":\"a\",\"policy\":\"p\",\"key\":\"\",\"lease\":1,\"want\":1,\"held\":0}";
    service
        .call(gateway, 1, "\"demands\":[" + (demand + ",").repeat(2000) + demand + "]")
        .isProblem(400, "invalid-call");
  }
}
