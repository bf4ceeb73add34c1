package io.plimsoll.gateway;

import static io.plimsoll.gateway.RequestTests.problem;
import static io.plimsoll.gateway.RequestTests.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpMethod;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Limits and usage of requests that come over the wire, and what is no request at all.
class DoorTests {

  private static final TestUpstream upstream = new TestUpstream();
  private static final TestAuth auth = new TestAuth();
  private static final TestRatelimit ratelimit = new TestRatelimit();
  private static final TestGateway gateway = gateway();

  private static TestGateway gateway() {
    ratelimit.policy("user", "default", 500, 1_000, "hold");
    ratelimit.streams("user-streams", "default", 100);
    return new TestGateway(
        upstream.url(),
        Map.of(
            "plimsoll.gateway.auth-internal",
            auth.url(),
            "plimsoll.gateway.usage.interval",
            "100ms",
            "plimsoll.gateway.limits.enabled",
            "true",
            "plimsoll.gateway.limits.ratelimit-internal",
            ratelimit.url(),
            // no test is about how long is waited
            "plimsoll.gateway.limits.patience",
            "10s"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
    ratelimit.close();
    auth.close();
    upstream.close();
  }

  @BeforeEach
  void reset() {
    ratelimit.empty(false);
    ratelimit.full(false);
    ratelimit.gate(Mono.empty());
    upstream.reset();
  }

  /// Nobody whom a bucket is held for.
  private static HttpRequest.Builder somebody(String target) {
    String user = "user-" + java.util.UUID.randomUUID();
    return gateway
        .request(target)
        .header("Authorization", "Bearer " + TestKeys.token(claims -> claims.put("sub", user)));
  }

  @Test
  void saysWhatIsLeftWithAnswersOf2xxOnly() throws Exception {
    HttpRequest.Builder request = somebody("/chat/v1/rooms");
    HttpResponse<String> ok = send(request);
    assertThat(ok.statusCode()).isEqualTo(200);
    assertThat(ok.headers().firstValue("RateLimit-Policy")).hasValue("\"user\";q=1000;w=2");
    assertThat(ok.headers().firstValue("RateLimit").orElseThrow()).startsWith("\"user\";r=");
    upstream.answer((_, response) -> response.status(404).send());
    HttpResponse<String> absent = send(request);
    assertThat(absent.statusCode()).isEqualTo(404);
    assertThat(absent.headers().firstValue("RateLimit")).isEmpty();
    assertThat(send(gateway.request("/chat/openapi.json")).headers().firstValue("RateLimit"))
        .isEmpty();
  }

  @Test
  void refusesWhoHasUsedHisLimitUp() throws Exception {
    ratelimit.empty(true);
    HttpResponse<String> refused = send(somebody("/chat/v1/rooms"));
    problem(refused, 429, "rate-limited");
    assertThat(refused.headers().firstValue("Retry-After")).hasValue("3");
    assertThat(refused.headers().firstValue("RateLimit")).hasValue("\"user\";r=0;t=3");
    assertThat(refused.headers().firstValue("RateLimit-Policy")).hasValue("\"user\";q=1000;w=2");
    assertThat(upstream.seen()).isEmpty();
  }

  /// Or any request could say that it is one, and wait in no queue.
  @Test
  void countsALongPollAsAStream() throws Exception {
    String token =
        "Bearer " + TestKeys.token(claims -> claims.put("sub", "user-" + UUID.randomUUID()));
    HttpRequest.Builder request = gateway.request("/chat/v1/rooms").header("Authorization", token);
    assertThat(send(request).statusCode()).isEqualTo(200);
    ratelimit.full(true);
    assertThat(send(request).statusCode()).isEqualTo(200);
    upstream.reset();
    HttpResponse<String> refused =
        send(gateway.request("/chat/v1/rooms?live=long-poll").header("Authorization", token));
    problem(refused, 429, "rate-limited");
    assertThat(refused.body()).contains("user-streams");
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void tellsEventSourcesToComeBack() throws Exception {
    ratelimit.empty(true);
    HttpResponse<String> refused =
        send(somebody("/chat/v1/events").header("Accept", "text/event-stream"));
    assertThat(refused.statusCode()).isEqualTo(200);
    assertThat(refused.headers().firstValue("Content-Type")).hasValue("text/event-stream");
    assertThat(refused.body())
        .matches(
            "retry: [1-5]\\d{3}\\nevent: end\\ndata:\\{\"reason\":\"rate_limited\",\"reconnect\":true}\\n\\n");
    for (String other : List.of("text/event-stream;q=0, application/json", "text/event-stream-x")) {
      problem(send(somebody("/chat/v1/events").header("Accept", other)), 429, "rate-limited");
    }
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void metersWhatPasses() throws Exception {
    upstream.answer(
        (request, response) -> {
          if (request.uri().endsWith("/events")) {
            return response
                .header("Content-Type", "text/event-stream")
                .sendString(
                    Flux.concat(
                        Mono.just("data:1\n\n"),
                        Mono.just("data:2\n\n").delayElement(java.time.Duration.ofMillis(1200))));
          }
          return request.method().equals(HttpMethod.HEAD)
              ? response.status(401).send()
              : response.sendString(Mono.just("hello"));
        });
    auth.tenant("metered", false);
    auth.key("key-9", "metered", null);
    String bearer =
        "Bearer "
            + TestKeys.token(
                claims -> claims.putAll(Map.of("tenant", "metered", "client_id", "key-9")));
    send(
        gateway
            .request("/chat/v1/rooms")
            .header("Authorization", bearer)
            .POST(HttpRequest.BodyPublishers.ofString("0123456789")));
    send(
        gateway
            .request("/chat/v1/events")
            .header("Authorization", bearer)
            .header("Accept", "text/event-stream"));
    // an answer of the gateway's own, which would have a body
    HttpResponse<String> head =
        send(gateway.request("/chat/v1/rooms").header("Authorization", bearer).HEAD());
    assertThat(head.statusCode()).isEqualTo(503);
    send(gateway.request("/chat/v1/rooms"));
    Awaitility.await()
        .untilAsserted(
            () -> {
              assertThat(sum("metered", "requests")).isEqualTo(3);
              assertThat(sum("metered", "bytesIn")).isEqualTo(10);
              assertThat(sum("metered", "bytesOut"))
                  .isEqualTo("hello".length() + 2 * "data:1\n\n".length());
              assertThat(sum("metered", "admitted")).isEqualTo(3);
            });
    Awaitility.await()
        .untilAsserted(() -> assertThat(sum("metered", "streamSeconds")).isPositive());
  }

  /// A unit was taken for it, and what was taken is what usage shows.
  @Test
  void metersWhoLeavesBeforeLimitsHaveDecided() throws Exception {
    auth.tenant("left", false);
    auth.key("key-10", "left", null);
    String bearer =
        TestKeys.token(claims -> claims.putAll(Map.of("tenant", "left", "client_id", "key-10")));
    Sinks.Empty<Void> gate = Sinks.empty();
    ratelimit.gate(gate.asMono());
    int asked = ratelimit.tokens().size();
    try (RawClient _ =
        RawClient.get(gateway, "/chat/v1/rooms", "Authorization: Bearer " + bearer)) {
      Awaitility.await().until(() -> ratelimit.tokens().size() > asked);
    }
    // and until the gateway has seen it leave; if it has not, the request passes and counts as well
    Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
    gate.tryEmitEmpty().orThrow();
    Awaitility.await().untilAsserted(() -> assertThat(sum("left", "admitted")).isEqualTo(1));
    assertThat(sum("left", "requests")).isEqualTo(1);
  }

  @Test
  void answersAHeadOfAStreamWithoutOne() throws Exception {
    upstream.answer((_, response) -> response.header("Content-Type", "text/event-stream").send());
    HttpResponse<String> head = send(somebody("/chat/v1/events").HEAD());
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValue("Content-Type")).hasValue("text/event-stream");
    upstream.reset();
    assertThat(send(somebody("/chat/v1/events")).body()).isEqualTo("hello");
  }

  private static double sum(String tenant, String member) {
    double sum = 0;
    for (String report : auth.reports()) {
      for (var delta :
          tools.jackson.databind.json.JsonMapper.shared().readTree(report).path("deltas")) {
        if (delta.path("tenant").asString().equals(tenant)) {
          sum += delta.path(member).asDouble(0);
        }
      }
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /chat/v1 HTTP/9.9.9\r\n\r\n",
        "GET /chat/v1 HTTP/1.1\r\nBad Name: x\r\n\r\n",
        "GET /chat/v1 HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET /chat/openapi.json HTTP/1.1\r\n\r\n",
        "GET /chat/openapi.json HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /chat/openapi.json HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /chat/openapi.json HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /chat/openapi.json HTTP/1.1\r\nHost: a@b\r\n\r\n",
        "GET /chat/openapi.json HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET /chat/openapi.json HTTP/9.9\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\n",
        "POST /chat/v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST /chat/v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
      })
  void answersWhatIsNoRequestWithAProblem(String bytes) throws Exception {
    refused(bytes, 400, "bad-request");
  }

  @Test
  void answersHeadsThatAreTooLongWithAProblem() throws Exception {
    refused(
        "GET /chat/v1 HTTP/1.1\r\nX-Long: " + "x".repeat(100_000) + "\r\n\r\n",
        431,
        "head-too-large");
    refused("GET /chat/" + "x".repeat(100_000) + " HTTP/1.1\r\n\r\n", 414, "target-too-long");
  }

  private static void refused(String bytes, int status, String cause) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(bytes);
      assertThat(client.rest())
          .startsWith("HTTP/1.1 " + status + " ")
          .containsIgnoringCase("Content-Type: application/problem+json\r\n")
          .containsIgnoringCase("\r\nX-Request-Id: ")
          .containsIgnoringCase("\r\nX-Content-Type-Options: nosniff\r\n")
          .contains("\"urn:plimsoll:problem:" + cause + "\"");
    }
  }

  @Test
  void answersABodyThatCantBeReadWithAProblem() throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(
          "POST /chat/v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer "
              + TestKeys.token()
              + "\r\n\r\nzz\r\n");
      assertThat(client.rest()).startsWith("HTTP/1.1 400 ").contains("bad-body");
    }
  }

  @Test
  void sendsNoChunksToAClientThatDoesNotKnowThem() throws Exception {
    String end = " HTTP/1.0\r\nAuthorization: Bearer " + TestKeys.token() + "\r\n";
    upstream.answer(
        (_, response) ->
            response.sendString(
                Flux.concat(
                    Mono.just("hel"),
                    Mono.just("lo").delayElement(java.time.Duration.ofMillis(100)))));
    try (RawClient client = new RawClient(gateway.port())) {
      client.send("GET /chat/v1" + end + "\r\n");
      assertThat(client.rest())
          .doesNotContainIgnoringCase("transfer-encoding")
          .endsWith("\r\n\r\nhello");
    }
    upstream.answer(
        (_, response) ->
            response
                .header("Content-Type", "text/event-stream")
                .sendString(Flux.just("data:1\n\n", "data:2\n\n")));
    try (RawClient client = new RawClient(gateway.port())) {
      client.send("GET /chat/v1/events" + end + "Accept: text/event-stream\r\n\r\n");
      assertThat(client.rest())
          .doesNotContainIgnoringCase("transfer-encoding")
          .endsWith("\r\n\r\ndata:1\n\ndata:2\n\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "nonsense"
      })
  void dropsMalformedTraceContext(String parent) throws Exception {
    send(somebody("/chat/v1").header("traceparent", parent).header("tracestate", "a=b"));
    var headers = upstream.seen().getFirst().headers();
    assertThat(headers.contains("traceparent")).isFalse();
    assertThat(headers.contains("tracestate")).isFalse();
  }

  @Test
  void passesTraceContext() throws Exception {
    for (String parent :
        List.of(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")) {
      upstream.reset();
      send(somebody("/chat/v1").header("traceparent", parent).header("tracestate", "a=b,c=d"));
      var headers = upstream.seen().getFirst().headers();
      assertThat(headers.get("traceparent")).isEqualTo(parent);
      assertThat(headers.get("tracestate")).isEqualTo("a=b,c=d");
    }
  }

  private static String get(String target, String... headers) {
    return "GET "
        + target
        + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + TestKeys.token()
        + "\r\n"
        + String.join("", headers)
        + "\r\n";
  }

  private static long answers(String text) {
    return Pattern.compile("HTTP/1\\.1 200 OK\r\n").matcher(text).results().count();
  }

  @Test
  void answersPipelinedRequestsInOrderBeforeWhatEndsTheConnection() throws Exception {
    upstream.answer(
        (request, response) ->
            response.sendString(
                Mono.just("<" + request.uri() + ">")
                    .delayElement(
                        java.time.Duration.ofMillis(request.uri().endsWith("1") ? 300 : 0))));
    for (String last :
        List.of(
            get("/chat/3", "Connection: close\r\n"),
            "nonsense\r\n\r\n",
            "GET /chat/3 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")) {
      try (RawClient client = new RawClient(gateway.port())) {
        client.send(
            get("/chat/1")
                + "POST /chat/2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nAuthorization: Bearer "
                + TestKeys.token()
                + "\r\n\r\nhello"
                + last);
        String rest = client.rest();
        assertThat(rest).containsSubsequence("</chat/1>", "</chat/2>");
        if (last.startsWith("GET /chat/3 HTTP/1.1\r\nHost: x")) {
          assertThat(answers(rest)).isEqualTo(3);
          assertThat(rest).endsWith("</chat/3>");
        } else {
          assertThat(answers(rest)).isEqualTo(2);
          assertThat(rest).contains("HTTP/1.1 400 ").contains("bad-request");
        }
      }
    }
  }

  @Test
  void holdsSomePipelinedRequestsAndNotAnyNumber() throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(
          get("/chat/openapi.json").repeat(99)
              + get("/chat/openapi.json", "Connection: close\r\n"));
      assertThat(answers(client.rest())).isEqualTo(100);
    }
    upstream.answer((_, response) -> Mono.never());
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(get("/chat/openapi.json"));
      Awaitility.await().until(() -> upstream.seen().size() > 100);
      client.send("GET /chat/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200));
      assertThat(client.closed()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TRACE", "FOO", "PROPFIND"})
  void refusesMethodsThatAreNotOfHttp(String method) throws Exception {
    problem(
        send(somebody("/chat/v1/rooms").method(method, HttpRequest.BodyPublishers.noBody())),
        501,
        "unknown-method");
    assertThat(upstream.seen()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/chat/v1/rooms?after=%zz", "http://127.0.0.1/chat/v1/rooms"})
  void refusesMalformedEscapesInTheQueryAndWholeUrls(String target) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(get(target, "Connection: close\r\n"));
      assertThat(client.rest()).startsWith("HTTP/1.1 400 ").contains("bad-target");
    }
    assertThat(upstream.seen()).isEmpty();
  }
}
