package io.plimsoll.gateway;

import static io.plimsoll.gateway.RequestTests.problem;
import static io.plimsoll.gateway.RequestTests.send;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Pages of origins that a tenant allows.
class OriginTests {

  private static final String PAGE = "https://shop.example";
  private static final String PATH = "/chat/v1/rooms/r1/events";
  private static final TestUpstream upstream = new TestUpstream();
  private static final TestAuth auth = auth();
  private static final TestGateway gateway =
      new TestGateway(
          upstream.url(),
          Map.of(
              "plimsoll.gateway.auth-internal",
              auth.url(),
              "plimsoll.gateway.allowed-origins",
              "https://app.example"));

  private static TestAuth auth() {
    TestAuth auth = new TestAuth();
    auth.tenant("acme", false, PAGE);
    auth.tenant("other", false);
    auth.key("key-2", "other", null);
    return auth;
  }

  @AfterAll
  static void stop() {
    gateway.close();
    auth.close();
    upstream.close();
  }

  @Test
  void readsAnswersOfItsTenantAndNoOther() throws Exception {
    HttpResponse<String> own = send(page(gateway.authorized("/chat/v1")));
    assertThat(own.statusCode()).isEqualTo(200);
    assertThat(allowed(own)).hasValue(PAGE);
    assertThat(own.headers().firstValue("Access-Control-Expose-Headers").orElseThrow())
        .contains("Stream-Next-Offset", "RateLimit", "Retry-After");
    assertThat(own.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
    upstream.reset();
    String foreign =
        TestKeys.token(claims -> claims.putAll(Map.of("tenant", "other", "client_id", "key-2")));
    HttpResponse<String> other =
        send(page(gateway.request("/chat/v1").header("Authorization", "Bearer " + foreign)));
    problem(other, 403, "origin-not-allowed");
    assertThat(allowed(other)).isEmpty();
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void opensStreamsWithATicketOfItsTenant() throws Exception {
    upstream.reset();
    String ticket = TestKeys.ticket(PATH, claims -> claims.put("origin", PAGE));
    HttpRequest.Builder events =
        gateway.request(PATH + "?ticket=" + ticket).header("Accept", "text/event-stream");
    assertThat(allowed(send(page(events)))).hasValue(PAGE);
  }

  @Test
  void isAllowedFromWhenTheTenantSaysSo() throws Exception {
    HttpRequest.Builder late =
        gateway.authorized("/chat/v1").header("Origin", "https://late.example");
    problem(send(late), 403, "origin-not-allowed");
    auth.tenant("acme", false, PAGE, "https://late.example");
    auth.change(Map.of("kind", "tenant", "tenant", "acme"));
    Awaitility.await().until(() -> send(late).statusCode() == 200);
  }

  /// Whoever makes a name of theirs lead here.
  @Test
  void isNotTheGatewaysOwnBecauseHostSaysSo() throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(
          "GET /chat/v1 HTTP/1.1\r\nHost: evil.example\r\nOrigin: https://evil.example\r\n"
              + "Connection: close\r\nAuthorization: Bearer "
              + TestKeys.token()
              + "\r\n\r\n");
      assertThat(client.rest()).startsWith("HTTP/1.1 403 ").contains("origin-not-allowed");
    }
  }

  @Test
  void asksBeforeAnythingIsKnownOfIt() throws Exception {
    HttpResponse<String> response =
        send(
            gateway
                .request("/chat/v1/rooms")
                .method("OPTIONS", BodyPublishers.noBody())
                .header("Origin", "https://unknown.example")
                .header("Access-Control-Request-Method", "POST"));
    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(allowed(response)).hasValue("https://unknown.example");
    assertThat(response.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
  }

  @Test
  void readsWhatItDidWrongBeforeItsTenantIsKnown() throws Exception {
    for (HttpRequest.Builder request :
        List.of(
            gateway.request("/chat/v1"),
            gateway.request("/chat/v1").header("Authorization", "Bearer x"),
            gateway.request("/chat/v1?token=x"),
            gateway.request("/nowhere"))) {
      HttpResponse<String> response = send(page(request));
      assertThat(response.statusCode()).isIn(400, 401, 404);
      assertThat(allowed(response)).hasValue("*");
    }
    assertThat(allowed(send(page(gateway.request("/chat/openapi.json"))))).hasValue("*");
  }

  @Test
  void maySendNoClientsSecret() throws Exception {
    upstream.reset();
    problem(
        send(page(gateway.request("/auth/oauth2/token").POST(BodyPublishers.ofString("a=b")))),
        403,
        "origin-not-allowed");
    assertThat(upstream.seen()).isEmpty();
  }

  private static HttpRequest.Builder page(HttpRequest.Builder request) {
    return request.header("Origin", PAGE);
  }

  private static Optional<String> allowed(HttpResponse<String> response) {
    return response.headers().firstValue("Access-Control-Allow-Origin");
  }
}
