package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// What passes of a request and of its answer, and what does not.
class RequestTests {

  private static final TestUpstream upstream = new TestUpstream();
  private static final TestGateway gateway =
      new TestGateway(
          upstream.url(),
          Map.of(
              "plimsoll.gateway.allowed-origins", "https://app.example",
              "plimsoll.gateway.client-burst", "3",
              "plimsoll.gateway.client-rate", "1",
              "plimsoll.gateway.head-timeout", "1s",
              "plimsoll.gateway.body-timeout", "1s"));

  @AfterAll
  static void stop() {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void reset() {
    upstream.reset();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/chat/../auth/v1",
        "/chat/./v1",
        "/chat/..",
        "/chat/%2e%2e/auth",
        "/chat/.%2E/auth",
        "/chat//v1",
        "//chat/v1",
        "/chat/v1%2frooms",
        "/chat/v1%5Crooms",
        "/chat/v1\\rooms",
        "/chat/v1;a=b/rooms",
        "/chat/v1%3b",
        "/chat/%00",
        "/chat/%0d%0aX:1",
        "/chat/%7f",
        "/chat/%",
        "/chat/%2",
        "/chat/%zz",
        "/chat/%252e%252e/auth",
        "/chat/\u00e9",
        "/chat/a#b",
        "/chat/a|b",
        "/chat/\"",
        "/chat/<a>",
        "/chat/^`{}",
        "/chat/[a]",
        "/chat/v1?a={b}",
        "/chat/v1?a=b\\c",
        "/chat/v1?a=b#c",
        "/chat/v1?a=%zz",
        "http://gateway.test/chat/v1/rooms",
        "chat/v1",
        "*",
        "/chat/v1?a=\u0001",
        "/chat/v1?ticket=a&ticket=b",
        "/chat/v1?=live=sse",
        "/chat/v1?%zz=1"
      })
  void refusesTargetsThatCouldBeReadInTwoWays(String target) throws Exception {
    try (RawClient client =
        RawClient.get(
            gateway, target, "Authorization: Bearer " + TestKeys.token(), "Connection: close")) {
      assertThat(client.rest()).startsWith("HTTP/1.1 400 ");
    }
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void passesOtherTargetsAsTheyAre() throws Exception {
    for (String target :
        List.of(
            "/chat", "/chat/", "/chat/v1/a~b_c-d.e/%C3%A9%20", "/chat/v1?a=b+c%2F&b&=&&d=%26")) {
      upstream.reset();
      try (RawClient client =
          RawClient.get(gateway, target, "Authorization: Bearer " + TestKeys.token())) {
        assertThat(client.head()).startsWith("HTTP/1.1 200 ");
      }
      assertThat(upstream.seen().getFirst().uri()).isEqualTo(target);
    }
  }

  @Test
  void answers404OutsideOfAllServices() throws Exception {
    for (String target : List.of("/", "/chats", "/chat.html", "/actuator", "/.well-known/x")) {
      problem(send(gateway.authorized(target)), 404, "not-found");
    }
  }

  @Test
  void letsNoBrowserGuessWhatAnAnswerIs() throws Exception {
    for (HttpRequest.Builder request :
        List.of(
            gateway.authorized("/chat/v1/rooms"),
            gateway.authorized("/nowhere"),
            gateway.request("/chat/v1/rooms"),
            gateway.request("/chat/v1/rooms?token=x"))) {
      var headers = send(request).headers();
      assertThat(headers.allValues("X-Content-Type-Options")).containsExactly("nosniff");
      assertThat(headers.allValues("Cross-Origin-Resource-Policy")).containsExactly("same-origin");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"access_token=x", "a=1&token=x", "%74oken=x", "token", "Access_Token=x"})
  void refusesTokensInUrls(String query) throws Exception {
    HttpResponse<String> response = send(gateway.request("/chat/v1/rooms?" + query));
    problem(response, 400, "token-in-url");
    assertThat(response.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
  }

  @Test
  void nothingByWhichACustomerNamesHimselfArrives() throws Exception {
    String[] spoofed = {
      "X-Plimsoll-Tenant",
      "X-Plimsoll",
      "OIDC_CLAIM_sub",
      "X-Forward-For",
      "X-Role",
      "Proxy",
      "x-plimsoll-user",
      "X_Plimsoll_Tenant",
      "X-Forwarded-For",
      "X-Forwarded-User",
      "X-Forwarded",
      "Remote-User",
      "X-Remote-User",
      "X-Auth-User",
      "X-Authenticated-User",
      "X-User",
      "X-Tenant",
      "X-Host",
      "X-HTTP-Method",
      "X-Method-Override",
      "X-Client-Cert",
      "X-SSL-Client-Cert",
      "SSL_CLIENT_VERIFY",
      "X-ARR-ClientCert",
      "X-MS-Client-Principal",
      "X-Amzn-Oidc-Data",
      "Fastly-Client-IP",
      "Client-Cert",
      "X-Authorization",
      "X-Consumer-Username",
      "Impersonate-User",
      "X-Forwarded-Prefix",
      "Forwarded",
      "Cookie",
      "X-Real-IP",
      "X-Original-URL",
      "X-Rewrite-URL",
      "X-HTTP-Method-Override",
      "True-Client-IP",
      "Via",
      "Proxy-Authorization",
      "TE",
      "Upgrade",
      "Keep-Alive",
      "X-Mine",
      "X_Ours"
    };
    StringBuilder request =
        new StringBuilder("GET /chat/v1/rooms HTTP/1.1\r\nHost: evil.test\r\n")
            .append("Authorization: Bearer ")
            .append(TestKeys.token())
            .append("\r\nConnection: close, X-Mine, X_Ours, X-Request-Id, Authorization\r\n")
            .append(
                "X-Harmless: 1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
    for (String name : spoofed) {
      request.append(name).append(": spoofed\r\n");
    }
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(request + "\r\n");
      assertThat(client.rest()).startsWith("HTTP/1.1 200 ");
    }
    var headers = upstream.seen().getFirst().headers();
    for (String name : spoofed) {
      assertThat(headers.contains(name)).as(name).isFalse();
    }
    assertThat(headers.toString()).doesNotContain("spoofed").doesNotContain("evil.test");
    assertThat(headers.getAll("Authorization")).hasSize(1);
    assertThat(headers.get("X-Request-Id")).isNotBlank();
    assertThat(headers.get("X-Harmless")).isEqualTo("1");
    assertThat(headers.get("traceparent")).startsWith("00-0af7651916cd43dd8448eb211c80319c");
  }

  @Test
  void publicPathsGetNoCredentialAtAll() throws Exception {
    for (String path :
        List.of(
            "/chat/openapi.json",
            "/auth/oauth2/jwks",
            "/.well-known/oauth-authorization-server/auth")) {
      upstream.reset();
      assertThat(send(gateway.authorized(path)).statusCode()).isEqualTo(200);
      assertThat(upstream.seen().getFirst().headers().contains("Authorization")).isFalse();
    }
    problem(send(gateway.request("/chat/openapi.json/x")), 401, "token-missing");
    problem(send(gateway.request("/chat/openapi.jso%6E")), 401, "token-missing");
  }

  @Test
  void clientPathsGetBasicAndNothingElseAndNotOften() throws Exception {
    HttpRequest.Builder basic =
        gateway
            .request("/auth/oauth2/token")
            .header("Authorization", "Basic a2V5OnNlY3JldA==")
            .header("Cookie", "a=b")
            .POST(BodyPublishers.ofString("grant_type=client_credentials"));
    assertThat(send(basic).statusCode()).isEqualTo(200);
    assertThat(upstream.seen().getFirst().headers().get("Authorization"))
        .isEqualTo("Basic a2V5OnNlY3JldA==");
    assertThat(upstream.seen().getFirst().headers().contains("Cookie")).isFalse();
    assertThat(send(gateway.authorized("/auth/oauth2/token")).statusCode()).isEqualTo(200);
    assertThat(upstream.seen().get(1).headers().contains("Authorization")).isFalse();
    // the fourth within a second
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> send(basic).statusCode() == 429);
    HttpResponse<String> limited = send(basic);
    if (limited.statusCode() == 429) {
      problem(limited, 429, "rate-limited");
      assertThat(limited.headers().firstValue("Retry-After")).hasValue("1");
    }
  }

  /// A `ticket` there is nobody's: what it stands beside is carried out and answered.
  @Test
  void pathsWithoutTicketsLoseThem() throws Exception {
    for (String path : List.of("/auth/oauth2/jwks?ticket=x", "/auth/oauth2/revoke?ticket=x&a=b")) {
      upstream.reset();
      assertThat(send(gateway.request(path)).statusCode()).isEqualTo(200);
      assertThat(upstream.seen().getFirst().uri()).doesNotContain("ticket");
    }
  }

  @Test
  void answersWithTheRequestsId() throws Exception {
    assertThat(
            send(gateway.authorized("/chat/v1").header("X-Request-Id", "abc.123-X"))
                .headers()
                .firstValue("X-Request-Id"))
        .hasValue("abc.123-X");
    assertThat(upstream.seen().getFirst().headers().get("X-Request-Id")).isEqualTo("abc.123-X");
    for (String bad : List.of("x", "a b c d e f", "<script>alert</script>", "x".repeat(65))) {
      assertThat(
              send(gateway.authorized("/chat/v1").header("X-Request-Id", bad))
                  .headers()
                  .firstValue("X-Request-Id")
                  .orElseThrow())
          .isNotEqualTo(bad)
          .matches("[A-Za-z0-9-]+");
    }
  }

  @Test
  void passesStatusHeadersAndBodyOfAnswers() throws Exception {
    upstream.answer(
        (_, response) ->
            response
                .status(201)
                .header("Location", "/chat/v1/rooms/1")
                .header("ETag", "\"x\"")
                .header("Stream-Next-Offset", "1_a")
                .header("Server", "inside")
                .header("Connection", "X-Inside")
                .header("X-Inside", "1")
                .sendString(Mono.just("{}")));
    HttpResponse<String> response =
        send(gateway.authorized("/chat/v1/rooms").POST(BodyPublishers.ofString("{}")));
    assertThat(response.statusCode()).isEqualTo(201);
    assertThat(response.body()).isEqualTo("{}");
    assertThat(response.headers().firstValue("Location")).hasValue("/chat/v1/rooms/1");
    assertThat(response.headers().firstValue("ETag")).hasValue("\"x\"");
    assertThat(response.headers().firstValue("Stream-Next-Offset")).hasValue("1_a");
    assertThat(response.headers().firstValue("Server")).isEmpty();
    assertThat(response.headers().firstValue("X-Inside")).isEmpty();
  }

  @Test
  void passesAnswersWithoutABody() throws Exception {
    upstream.answer((_, response) -> response.status(204).send());
    assertThat(send(gateway.authorized("/chat/v1/x").DELETE()).statusCode()).isEqualTo(204);
    upstream.answer((_, response) -> response.status(304).header("ETag", "\"x\"").send());
    HttpResponse<String> unchanged = send(gateway.authorized("/chat/v1/x"));
    assertThat(unchanged.statusCode()).isEqualTo(304);
    assertThat(unchanged.headers().firstValue("ETag")).hasValue("\"x\"");
    upstream.answer(
        (_, response) ->
            response.header("Content-Length", "5").header("Stream-Next-Offset", "1_a").send());
    HttpResponse<String> head = send(gateway.authorized("/chat/v1/x").HEAD());
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValue("Content-Length")).hasValue("5");
    assertThat(head.headers().firstValue("Stream-Next-Offset")).hasValue("1_a");
    // the connection is still good
    upstream.reset();
    assertThat(send(gateway.authorized("/chat/v1/x")).body()).isEqualTo("hello");
  }

  @Test
  void doesNotTellCustomersThatAServiceRefusedTheGateway() throws Exception {
    upstream.answer(
        (_, response) -> response.status(401).sendString(Mono.just("not-through-gateway")));
    problem(send(gateway.authorized("/chat/v1/x")), 503, "unavailable");
    assertThat(
            send(gateway.request("/auth/oauth2/token").POST(BodyPublishers.noBody())).statusCode())
        .isIn(401, 429);
  }

  @Test
  void answersPreflightsOfListedOriginsWithoutCredentials() throws Exception {
    HttpResponse<String> response =
        send(
            gateway
                .request("/chat/v1/rooms")
                .method("OPTIONS", BodyPublishers.noBody())
                .header("Origin", "https://app.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization,content-type"));
    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.headers().firstValue("Access-Control-Allow-Origin"))
        .hasValue("https://app.example");
    assertThat(response.headers().firstValue("Access-Control-Allow-Methods").orElseThrow())
        .contains("POST");
    assertThat(response.headers().firstValue("Access-Control-Allow-Headers").orElseThrow())
        .contains("Authorization");
    assertThat(response.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
    assertThat(response.headers().allValues("Vary")).contains("Origin");
  }

  @Test
  void letsPagesOfListedOriginsReadAnswersAndErrors() throws Exception {
    for (HttpRequest.Builder request :
        List.of(
            gateway.authorized("/chat/v1"),
            gateway.request("/chat/v1"),
            gateway.authorized("/nowhere"))) {
      HttpResponse<String> response = send(request.header("Origin", "https://app.example"));
      assertThat(response.headers().allValues("Access-Control-Allow-Origin"))
          .containsExactly("https://app.example");
      assertThat(response.headers().firstValue("Access-Control-Expose-Headers").orElseThrow())
          .contains("Stream-Next-Offset");
    }
    upstream.answer(
        (_, response) ->
            response
                .header("Access-Control-Allow-Origin", "*")
                .header("Access-Control-Allow-Credentials", "true")
                .send());
    HttpResponse<String> response =
        send(gateway.authorized("/chat/v1").header("Origin", "https://app.example"));
    assertThat(response.headers().allValues("Access-Control-Allow-Origin"))
        .containsExactly("https://app.example");
    assertThat(response.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
  }

  @Test
  void refusesPagesOfOtherOriginsButNotItsOwn() throws Exception {
    for (String origin :
        List.of(
            "https://app.example.evil",
            "null",
            "http://app.example",
            "https://app.example:444",
            "http://127.0.0.1:" + gateway.port())) {
      problem(
          send(gateway.authorized("/chat/v1").header("Origin", origin)), 403, "origin-not-allowed");
    }
    assertThat(upstream.seen()).isEmpty();
    assertThat(
            send(gateway.authorized("/chat/v1").header("Origin", "http://gateway.test"))
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void logsEachRequestWithoutItsSecrets() throws Exception {
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    Logger access = (Logger) LoggerFactory.getLogger("access");
    access.addAppender(lines);
    try {
      String token = TestKeys.token();
      String ticket = TestKeys.ticket("/chat/v1/events", _ -> {});
      upstream.answer(
          (_, response) ->
              response
                  .header("Content-Type", "text/event-stream")
                  .sendString(Mono.just("data:1\n\n")));
      send(gateway.request("/chat/v1/rooms?q=private").header("Authorization", "Bearer " + token));
      send(
          gateway
              .request("/chat/v1/events?ticket=" + ticket)
              .header("Accept", "text/event-stream"));
      send(gateway.request("/chat/v1/rooms?access_token=" + token));
      Awaitility.await().until(() -> lines.list.size() >= 3);
      String text = lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList().toString();
      assertThat(text)
          .contains("GET /chat/v1/rooms 200 ")
          .contains("GET /chat/v1/events 200 ")
          .contains("service=chat tenant=acme")
          .doesNotContain("private")
          .doesNotContain(token)
          .doesNotContain(ticket)
          .doesNotContain("ticket=");
    } finally {
      access.detachAppender(lines);
    }
  }

  @Test
  void refusesBodiesOverTheLimitAndSaysTheLengthOfOthersIfItWasAnnounced() throws Exception {
    upstream.answer(
        (request, response) ->
            response.sendString(
                request
                    .receive()
                    .asByteArray()
                    .map(part -> part.length)
                    .reduce(0, Integer::sum)
                    .map(read -> request.requestHeaders().get("Content-Length") + " " + read)));
    byte[] most = new byte[1024 * 1024];
    byte[] more = new byte[most.length + 1];
    assertThat(send(gateway.authorized("/chat/v1").POST(BodyPublishers.ofByteArray(most))).body())
        .isEqualTo("1048576 1048576");
    assertThat(send(gateway.authorized("/chat/v1").POST(chunked(most))).body())
        .isEqualTo("null 1048576");
    upstream.seen().clear();
    problem(
        send(gateway.authorized("/chat/v1").POST(BodyPublishers.ofByteArray(more))),
        413,
        "body-too-large");
    assertThat(upstream.seen()).isEmpty();
    problem(send(gateway.authorized("/chat/v1").POST(chunked(more))), 413, "body-too-large");
  }

  private static HttpRequest.BodyPublisher chunked(byte[] bytes) {
    return BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(bytes));
  }

  @Test
  void refusesHeadersOverTheLimit() throws Exception {
    try (RawClient client =
        RawClient.get(gateway, "/chat/v1", "X-Long: " + "x".repeat(20_000), "Connection: close")) {
      assertThat(client.rest()).matches("(?s)HTTP/1.1 4(31|13) .*");
    }
    try (RawClient client =
        RawClient.get(gateway, "/chat/" + "x".repeat(20_000), "Connection: close")) {
      assertThat(client.rest()).matches("(?s)HTTP/1.1 41[34] .*");
    }
  }

  @Test
  void closesOnClientsThatNeverFinishAHead() throws Exception {
    try (RawClient silent = new RawClient(gateway.port());
        RawClient slow = new RawClient(gateway.port())) {
      slow.send("GET /chat/v1 HTTP/1.1\r\nHost: x\r\nX-Slow: ");
      Instant start = Instant.now();
      Thread drip =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      while (Duration.between(start, Instant.now()).toSeconds() < 8) {
                        slow.send("x");
                        java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
                      }
                    } catch (java.io.IOException e) {
                      // closed, as it should be
                    }
                  });
      assertThat(silent.closed()).isTrue();
      assertThat(slow.closed()).isTrue();
      drip.interrupt();
    }
  }

  @Test
  void givesUpOnClientsThatNeverFinishABody() throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(
          "POST /chat/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nAuthorization: Bearer "
              + TestKeys.token()
              + "\r\n\r\nhalf");
      assertThat(client.rest()).doesNotStartWith("HTTP/1.1 200");
    }
  }

  @Test
  void saysOnTheInternalPortWhetherItIsReady() throws Exception {
    for (String probe : List.of("readiness", "liveness")) {
      assertThat(
              TestGateway.HTTP
                  .send(
                      HttpRequest.newBuilder(
                              URI.create(
                                  "http://127.0.0.1:"
                                      + gateway.internalPort()
                                      + "/actuator/health/"
                                      + probe))
                          .build(),
                      BodyHandlers.ofString())
                  .statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void countsRequests() throws Exception {
    send(gateway.authorized("/chat/v1"));
    HttpResponse<String> metrics =
        TestGateway.HTTP.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:" + gateway.internalPort() + "/actuator/prometheus"))
                .build(),
            BodyHandlers.ofString());
    assertThat(metrics.body())
        .contains(
            "plimsoll_gateway_requests_seconds_count{kind=\"request\",service=\"chat\",status=\"200\"}")
        .contains("plimsoll_gateway_streams");
  }

  static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return TestGateway.HTTP.send(request.build(), BodyHandlers.ofString());
  }

  static void problem(HttpResponse<String> response, int status, String cause) {
    assertThat(response.body()).contains("\"urn:plimsoll:problem:" + cause + "\"");
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
  }

  /// A body whose length is lost is read as the next request of a connection that all callers
  /// share.
  @Test
  void noBodyIsReadAsARequest() throws Exception {
    upstream.answer(
        (request, response) ->
            response.sendString(
                request.receive().aggregate().asString().defaultIfEmpty("nothing")));
    String smuggled = "DELETE /chat/v1/rooms/r HTTP/1.1\r\nX-A: ";
    for (String named : List.of("Content-Length", "close, content-length", "Content_Length, x")) {
      for (String start :
          List.of(
              "POST /chat/v1/x HTTP/1.1\r\nAuthorization: Bearer " + TestKeys.token(),
              "GET /chat/openapi.json HTTP/1.1\r\nX-Y: z")) {
        try (RawClient client = new RawClient(gateway.port())) {
          client.send(
              start
                  + "\r\nHost: x\r\nConnection: "
                  + named
                  + "\r\nContent-Length: "
                  + smuggled.length()
                  + "\r\n\r\n"
                  + smuggled);
          assertThat(client.head()).startsWith("HTTP/1.1 200 ");
        }
        HttpResponse<String> next = send(gateway.authorized("/chat/v1/next"));
        assertThat(next.statusCode()).isEqualTo(200);
        assertThat(next.body()).isEqualTo("nothing");
      }
    }
    assertThat(upstream.seen()).hasSize(12);
    assertThat(upstream.seen()).noneMatch(seen -> seen.method().equals("DELETE"));
  }
}
