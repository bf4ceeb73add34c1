package io.plimsoll.auth.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestPostgres;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class UsageIT {

  private static final String REPORTS = "/internal/v1/usage";
  private static final Instant DAY = Instant.parse("2026-03-04T00:00:00Z");

  private final TestAuth auth = TestAuth.shared();
  private final String tenant = auth.newTenant();
  private final UUID boot = UUID.randomUUID();

  @Test
  void rollsUpByHourAndDay() {
    long hour = DAY.getEpochSecond() + 5 * 3600;
    report(0, delta("chat", "2xx", hour, 3), delta("chat", "429", hour, 1)).is(200);
    report(1, delta("chat", "2xx", hour, 4), delta("chat", "2xx", hour + 3600, 10)).is(200);
    report(2, delta("auth", "2xx", hour + 3600, 1), delta("auth", "2xx", hour + 3600, 1)).is(200);
    report(3, delta("chat", "2xx", hour + 86_400, 100)).is(200);

    String range = "&from=" + DAY + "&to=" + DAY.plus(Duration.ofDays(1));
    assertThat(rows(usage("step=hour" + range)))
        .containsExactly(
            "2026-03-04T05:00:00Z chat 2xx 7",
            "2026-03-04T05:00:00Z chat 429 1",
            "2026-03-04T06:00:00Z auth 2xx 2",
            "2026-03-04T06:00:00Z chat 2xx 10");
    assertThat(rows(usage("step=day" + range)))
        .containsExactly(
            "2026-03-04T00:00:00Z auth 2xx 2",
            "2026-03-04T00:00:00Z chat 2xx 17",
            "2026-03-04T00:00:00Z chat 429 1");
    JsonNode row = usage("step=day" + range).json().at("/usage/1");
    assertThat(row.path("class").asString()).isEqualTo("default");
    assertThat(row.path("bytesIn").asLong()).isEqualTo(170);
    assertThat(row.path("bytesOut").asLong()).isEqualTo(1700);
    assertThat(row.path("streamSeconds").asDouble()).isEqualTo(25.5);
    assertThat(row.path("admitted").asLong()).isEqualTo(17);
    assertThat(
            auth.admin("GET", "/admin/v1/tenants/" + tenant + "/usage?step=day" + range)
                .is(200)
                .json())
        .isEqualTo(usage("step=day" + range).json());
  }

  @Test
  void appliesAReportOnceHoweverOftenItComes() throws Exception {
    long hour = DAY.getEpochSecond();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Boolean>> reports = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        int sequence = i % 20;
        reports.add(
            () ->
                report(
                        sequence,
                        // in different orders: no two lock each other out
                        delta(sequence % 2 == 0 ? "a" : "b", "2xx", hour, 1),
                        delta(sequence % 2 == 0 ? "b" : "a", "2xx", hour, 1))
                    .is(200)
                    .json()
                    .path("applied")
                    .asBoolean());
      }
      assertThat(threads.invokeAll(reports).stream().map(Future::resultNow))
          .filteredOn(applied -> applied)
          .hasSize(20);
    }
    assertThat(rows(usage("step=hour&from=" + DAY + "&to=" + DAY.plusSeconds(3600))))
        .containsExactly("2026-03-04T00:00:00Z a 2xx 20", "2026-03-04T00:00:00Z b 2xx 20");
    // another run of a gateway counts anew
    auth.gateway(REPORTS, body(UUID.randomUUID(), 0, delta("a", "2xx", hour, 1))).is(200);
    assertThat(rows(usage("step=hour&from=" + DAY + "&to=" + DAY.plusSeconds(3600))))
        .contains("2026-03-04T00:00:00Z a 2xx 21");
  }

  @Test
  void appliesAReportWholeOrNotAtAll() {
    try (TestPostgres postgres = TestBackends.privatePostgres();
        TestAuth own = TestAuth.start(postgres, Map.of())) {
      String path = "/admin/v1/tenants/acme/usage?from=" + DAY;
      String report = body(boot, 7, delta("acme", "chat", "2xx", DAY.getEpochSecond(), 1));
      path += "&to=" + DAY.plusSeconds(3600);
      postgres.stop();
      own.gateway(REPORTS, report).isProblem(503, "unavailable");
      postgres.start();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> own.gateway(REPORTS, report).status() == 200);
      own.gateway(REPORTS, report).is(200);
      assertThat(rows(own.admin("GET", path).is(200)))
          .containsExactly("2026-03-04T00:00:00Z chat 2xx 1");
    }
  }

  @Test
  void takesLargeReports() {
    String deltas =
        IntStream.range(0, 4_000)
            .mapToObj(i -> delta("s" + i % 40, "2xx", DAY.getEpochSecond() + 3600L * (i / 40), 1))
            .collect(Collectors.joining(","));
    auth.gateway(REPORTS, body(boot, 0, deltas)).is(200);
    auth.gateway(REPORTS, body(boot, 1, deltas + "," + delta("a", "2xx", 0, 1)))
        .isProblem(400, "invalid-body");
    auth.gateway(REPORTS, body(boot, 1, deltas + " ".repeat(1024 * 1024)))
        .isProblem(413, "body-too-large");
    assertThat(
            usage("step=hour&from=" + DAY + "&to=" + DAY.plus(Duration.ofDays(2)))
                .is(200)
                .json()
                .path("usage"))
        .hasSize(1920);
  }

  @Test
  void takesReportsWithoutAdmittedAndWithNothing() {
    report(0).is(200);
    String delta = delta("chat", "2xx", DAY.getEpochSecond(), 5).replace(",\"admitted\":5", "");
    report(1, delta).is(200);
    assertThat(
            usage("from=" + DAY + "&to=" + DAY.plusSeconds(3600))
                .json()
                .at("/usage/0/admitted")
                .asLong())
        .isZero();
  }

  @Test
  void refusesBadReports() {
    String good = delta("chat", "2xx", DAY.getEpochSecond(), 1);
    for (String body :
        List.of(
            "{}",
            "null",
            "[]",
            body(boot, -1, good),
            body(boot, 0, good).replace(boot.toString(), "x"),
            body(boot, 0, "null"),
            body(boot, 0, good.replace("2xx", "200")),
            body(boot, 0, good.replace("2xx", "6xx")),
            body(boot, 0, good.replace("\"requests\":1", "\"requests\":-1")),
            body(boot, 0, good.replace("\"requests\":1", "\"requests\":1.5")),
            body(boot, 0, good.replace("\"requests\":1", "\"requests\":\"1\"")),
            body(boot, 0, good.replace("\"requests\":1", "\"requests\":9223372036854775807")),
            body(boot, 0, good.replace("\"requests\":1,", "")),
            body(boot, 0, good.replace("\"service\":\"chat\"", "\"service\":\"\"")),
            body(boot, 0, good.replace(tenant, "a b")),
            body(boot, 0, delta("chat", "2xx", DAY.getEpochSecond() + 1, 1)))) {
      auth.gateway(REPORTS, body).isProblem(400, "invalid-body");
    }
    auth.gateway(REPORTS, "{").isProblem(400, "malformed-body");
    auth.gateway(REPORTS, "").is(400);
    assertThat(rows(usage("from=" + DAY + "&to=" + DAY.plusSeconds(3600)))).isEmpty();
    report(0, good).is(200);
  }

  @Test
  void showsATenantItsOwnAlone() {
    report(0, delta("chat", "2xx", DAY.getEpochSecond(), 1)).is(200);
    String query = "/auth/v1/usage?from=" + DAY + "&to=" + DAY.plusSeconds(3600);
    assertThat(rows(get(TestTokens.tenant("auth", auth.newTenant(), "auth:read"), query)))
        .isEmpty();
    assertThat(rows(get(TestTokens.tenant("auth", tenant, "auth:admin"), query))).hasSize(1);
    get(TestTokens.user("auth", tenant, "anna", "auth:read"), query).isProblem(403, "tenant-only");
    get(TestTokens.tenant("auth", tenant, "chat:read"), query).isProblem(403, "insufficient_scope");
  }

  /// A ticket opens what is answered as an event stream.
  @Test
  void isNoEventStream() {
    String token = TestTokens.tenant("auth", tenant, "auth:read");
    auth.send(
            auth.publicPort("/auth/v1/usage")
                .header("Authorization", "Bearer " + token)
                .header("Accept", "text/event-stream"))
        .isProblem(406, "not-acceptable");
  }

  @Test
  void showsTheLastStepsByDefault() {
    Answer hours = usage("");
    assertThat(hours.text("step")).isEqualTo("hour");
    Instant from = Instant.parse(hours.text("from"));
    Instant to = Instant.parse(hours.text("to"));
    assertThat(Duration.between(from, to)).isEqualTo(Duration.ofHours(24));
    assertThat(to).isAfterOrEqualTo(Instant.now().minusSeconds(1));
    Answer days = usage("step=day&from=2026-03-04T11:12:13Z&to=2026-03-05T00:00:01Z");
    assertThat(days.text("from")).isEqualTo("2026-03-04T00:00:00Z");
    assertThat(days.text("to")).isEqualTo("2026-03-06T00:00:00Z");
    assertThat(usage("to=2026-03-05T00:00:00.000000001Z").text("to"))
        .isEqualTo("2026-03-05T01:00:00Z");
    assertThat(usage("to=1970-01-01T05:00:00Z").text("from")).isEqualTo("1970-01-01T00:00:00Z");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "step=week",
        "step=HOUR",
        "from=yesterday",
        "to=2026-03-04",
        "from=2026-03-04T00:00:00Z&to=2026-03-04T00:00:00Z",
        "from=2026-03-05T00:00:00Z&to=2026-03-04T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-03-04T00:00:00Z",
        "step=day&from=2016-01-01T00:00:00Z&to=2026-03-04T00:00:00Z",
        "from=-200000000-01-01T00:00:00Z",
        "from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59Z"
      })
  void refusesBadRanges(String query) {
    usage(query).isProblem(400, "invalid-range");
  }

  @Test
  void countsForOperators() {
    report(0, delta("metered", "2xx", DAY.getEpochSecond(), 5)).is(200);
    report(0, delta("metered", "2xx", DAY.getEpochSecond(), 5)).is(200);
    String metrics = auth.send(auth.internalPort("/actuator/prometheus")).is(200).body();
    assertThat(metrics)
        .contains(
            "plimsoll_auth_usage_requests_total{class=\"default\",service=\"metered\",status=\"2xx\"} 5.0",
            "plimsoll_auth_usage_bytes_total{direction=\"in\",service=\"metered\"} 50.0",
            "plimsoll_auth_usage_stream_seconds_total{service=\"metered\"} 7.5")
        .doesNotContain(tenant);
  }

  @Test
  void forgetsWhatIsOld() {
    try (TestAuth own =
        TestAuth.start(
            Map.of(
                "plimsoll.auth.purge", "50ms",
                "plimsoll.auth.usage-hours-retention", "2h",
                "plimsoll.auth.usage-days-retention", "48h"))) {
      long hour = Instant.now().getEpochSecond() / 3600 * 3600;
      own.gateway(REPORTS, body(boot, 0, delta("acme", "chat", "2xx", hour, 1))).is(200);
      own.clock().advance(Duration.ofHours(4));
      Awaitility.await().until(() -> steps(own).equals(List.of("day")));
      own.clock().advance(Duration.ofDays(4));
      Awaitility.await().until(() -> steps(own).isEmpty());
      own.clock().advance(Duration.ofDays(4));
      Awaitility.await()
          .until(
              () -> own.jdbc().sql("select 1 from usage_reports").query().listOfRows().isEmpty());
    }
  }

  private static List<String> steps(TestAuth auth) {
    return auth.jdbc().sql("select step from usage").query((row, _) -> row.getString(1)).list();
  }

  private Answer report(long sequence, String... deltas) {
    return auth.gateway(REPORTS, body(boot, sequence, String.join(",", deltas)));
  }

  private static String body(UUID boot, long sequence, String deltas) {
    return "{\"boot\":\"%s\",\"sequence\":%d,\"deltas\":[%s]}".formatted(boot, sequence, deltas);
  }

  private String delta(String service, String status, long hour, int requests) {
    return delta(tenant, service, status, hour, requests);
  }

  private static String delta(
      String tenant, String service, String status, long hour, int requests) {
    return ("{\"tenant\":\"%s\",\"service\":\"%s\",\"class\":\"default\",\"status\":\"%s\","
            + "\"hour\":%d,\"requests\":%d,\"bytesIn\":%d,\"bytesOut\":%d,\"streamSeconds\":%s,"
            + "\"admitted\":%d}")
        .formatted(
            tenant,
            service,
            status,
            hour,
            requests,
            10 * requests,
            100 * requests,
            1.5 * requests,
            requests);
  }

  private Answer usage(String query) {
    return get(TestTokens.tenant("auth", tenant, "auth:read"), "/auth/v1/usage?" + query);
  }

  private Answer get(String token, String path) {
    return auth.send(auth.publicPort(path).header("Authorization", "Bearer " + token));
  }

  private static List<String> rows(Answer answer) {
    List<String> rows = new ArrayList<>();
    answer
        .is(200)
        .json()
        .path("usage")
        .forEach(
            row ->
                rows.add(
                    "%s %s %s %d"
                        .formatted(
                            row.path("start").asString(),
                            row.path("service").asString(),
                            row.path("status").asString(),
                            row.path("requests").asLong())));
    return rows;
  }
}
