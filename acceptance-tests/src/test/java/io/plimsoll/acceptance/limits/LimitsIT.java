package io.plimsoll.acceptance.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plimsoll.acceptance.platform.Api;
import io.plimsoll.acceptance.platform.Api.Answer;
import io.plimsoll.acceptance.platform.LocalPlatform;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A user of the plan `default` may send 50 requests a second, 100 at once.
class LimitsIT {

  private static final Pattern LEFT = Pattern.compile("\"user\";r=(\\d+);t=(\\d+)");
  private static final String ROOMS = "/chat/v1/rooms";

  private final LocalPlatform platform = LocalPlatform.shared();

  /// More at once than may be, until the user's limit refuses one. Another limit may do so before,
  /// as long as nobody can tell in time what is left of it.
  private static Answer refusal(Api api, String token) throws Exception {
    try (ExecutorService many = Executors.newFixedThreadPool(8)) {
      Instant deadline = Instant.now().plusSeconds(60);
      while (Instant.now().isBefore(deadline)) {
        List<Callable<Answer>> asked = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
          asked.add(() -> api.get(token, ROOMS));
        }
        for (Future<Answer> one : many.invokeAll(asked)) {
          Answer answer = one.get();
          if (answer.status() != 429) {
            answer.expect(200);
          } else if (answer.header("RateLimit-Policy").orElse("").startsWith("\"user\"")) {
            return answer;
          }
        }
      }
    }
    throw new AssertionError("nobody was refused");
  }

  @Test
  void tellsAUserWhoSendsTooMuchWhenToComeBack() throws Exception {
    try (Api api = Api.ofNewTenant(platform, "eager")) {
      String token = api.token("ann");
      Answer first = api.get(token, ROOMS).expect(200);
      assertThat(first.header("RateLimit-Policy")).contains("\"user\";q=100;w=2");
      assertThat(first.header("RateLimit").orElse("")).matches(LEFT);

      Answer refused = refusal(api, token);
      assertThat(refused.problem()).isEqualTo("urn:plimsoll:problem:rate-limited");
      assertThat(refused.header("Content-Type").orElse("")).startsWith("application/problem+json");
      assertThat(refused.json().path("detail").asString()).contains("\"user\"");
      assertThat(refused.header("RateLimit-Policy")).contains("\"user\";q=100;w=2");
      Matcher left = LEFT.matcher(refused.header("RateLimit").orElse(""));
      assertThat(left.matches()).isTrue();
      long wait = Long.parseLong(refused.header("Retry-After").orElse("0"));
      assertThat(wait)
          .isGreaterThanOrEqualTo(1)
          .isGreaterThanOrEqualTo(Long.parseLong(left.group(2)));

      api.get(api.token("ben"), ROOMS).expect(200);
      Thread.sleep(Duration.ofSeconds(wait));
      api.get(token, ROOMS).expect(200);
    }
  }

  @Test
  void tellsAnEventSourceToComeBackInPlaceOfAnError() throws Exception {
    try (Api api = Api.ofNewTenant(platform, "eager-streams")) {
      String token = api.token("ann");
      HttpRequest browser =
          HttpRequest.newBuilder(platform.url().resolve(ROOMS + "/none/events?offset=-1"))
              .header("Authorization", "Bearer " + token)
              .header("Accept", "text/event-stream")
              .build();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> {
                refusal(api, token);
                assertThat(api.send(browser).expect(200).text())
                    .contains("{\"reason\":\"rate_limited\",\"reconnect\":true}");
              });
    }
  }

  @Test
  void showsATenantItsUsageByTheHour() throws Exception {
    try (Api api = Api.ofNewTenant(platform, "user-of-much");
        HttpClient http = HttpClient.newHttpClient()) {
      Instant began = Instant.now().truncatedTo(ChronoUnit.HOURS);
      String token = api.token("ann");
      api.post(
              token,
              ROOMS,
              Map.of("id", "hall", "name", "Hall", "private", false, "memberIds", List.of()))
          .expect(201);
      api.get(token, ROOMS + "/none").expect(404);
      refusal(api, token);
      // closed before the client, which waits for it
      try (InputStream _ = stream(http, token)) {
        await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(
                () -> {
                  List<JsonNode> rows = usage(api, began);
                  assertThat(sum(rows, "2xx", "requests")).isPositive();
                  assertThat(sum(rows, "4xx", "requests")).isEqualTo(1);
                  assertThat(sum(rows, "429", "requests")).isPositive();
                  assertThat(sum(rows, "429", "admitted")).isZero();
                  assertThat(sum(rows, "2xx", "bytesIn")).isPositive();
                  assertThat(sum(rows, "2xx", "bytesOut")).isPositive();
                  // while it is open
                  assertThat(sum(rows, "2xx", "streamSeconds")).isGreaterThanOrEqualTo(2);
                });
      }
    }
  }

  private InputStream stream(HttpClient http, String token) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(platform.url().resolve(ROOMS + "/hall/events?offset=-1"))
            .header("Authorization", "Bearer " + token)
            .header("Accept", "text/event-stream")
            .build();
    while (true) {
      HttpResponse<InputStream> answer = http.send(request, BodyHandlers.ofInputStream());
      assertThat(answer.statusCode()).isEqualTo(200);
      byte[] first = answer.body().readNBytes(64);
      if (!new String(first, java.nio.charset.StandardCharsets.UTF_8).contains("event: end")) {
        return answer.body();
      }
      answer.body().close();
      Thread.sleep(Duration.ofSeconds(1));
    }
  }

  private static List<JsonNode> usage(Api api, Instant from) {
    JsonNode report =
        api.get(api.tenantToken(), "/auth/v1/usage?step=hour&from=" + from).expect(200).json();
    List<JsonNode> rows = new ArrayList<>();
    report
        .path("usage")
        .forEach(
            row -> {
              assertThat(Instant.parse(row.path("start").asString()))
                  .isEqualTo(
                      Instant.parse(row.path("start").asString()).truncatedTo(ChronoUnit.HOURS));
              if (row.path("service").asString().equals("chat")) {
                assertThat(row.path("class").asString()).isEqualTo("chat");
                rows.add(row);
              }
            });
    return rows;
  }

  private static double sum(List<JsonNode> rows, String status, String member) {
    return rows.stream()
        .filter(row -> row.path("status").asString().equals(status))
        .mapToDouble(row -> row.path(member).asDouble())
        .sum();
  }
}
