package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Stream tickets in URLs.
class TicketTests {

  private static final String PATH = "/chat/v1/rooms/r1/events";
  private static final TestUpstream upstream = new TestUpstream();
  private static final TestGateway gateway =
      new TestGateway(
          upstream.url(),
          Map.of("plimsoll.gateway.allowed-origins", "https://app.example,https://b.example"));

  @AfterAll
  static void stop() {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void reset() {
    upstream.reset();
    upstream.answer(
        (_, response) ->
            response
                .header("Content-Type", "text/event-stream")
                .sendString(Mono.just("data:1\n\n")));
    gateway.clock().ahead(Duration.ZERO);
  }

  @Test
  void opensItsPathAndDoesNotPassOn() throws Exception {
    HttpResponse<String> response =
        send(events(PATH + "?a=1&ticket=" + TestKeys.ticket(PATH, _ -> {}) + "&b=2"));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
    TestUpstream.Seen seen = upstream.seen().getFirst();
    assertThat(seen.uri()).isEqualTo(PATH + "?a=1&b=2");
    assertThat(seen.headers().get("Authorization")).startsWith("Bearer ");
    assertThat(seen.headers().toString()).doesNotContain("ticket");
  }

  @Test
  void opensNothingThatIsNoStream() throws Exception {
    upstream.answer(
        (_, response) ->
            response.header("Content-Type", "application/json").sendString(Mono.just("[]")));
    String target = PATH + "?ticket=" + TestKeys.ticket(PATH, _ -> {});
    refused(send(events(target)), "ticket-misused");
    refused(send(events(target + "&live=long-poll")), "ticket-misused");
  }

  @Test
  void opensItAgainUntilItEnds() throws Exception {
    String ticket = TestKeys.ticket(PATH, _ -> {});
    for (int i = 0; i < 3; i++) {
      assertThat(send(events(PATH + "?ticket=" + ticket)).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void refusesEveryOtherUse() throws Exception {
    String ticket = TestKeys.ticket(PATH, _ -> {});
    String query = "?ticket=" + ticket;
    refused(send(events("/chat/v1/rooms/r2/events" + query)), "ticket-misused");
    refused(send(events(PATH + "/" + query)), "ticket-misused");
    refused(send(gateway.request(PATH + query)), "ticket-misused");
    refused(send(events(PATH + query).POST(BodyPublishers.noBody())), "ticket-misused");
    refused(send(events(PATH + query).HEAD()), null);
    refused(send(events(PATH + "?ticket=")), "malformed");
    refused(send(events(PATH + "?ticket=" + TestKeys.token())), "malformed");
    refused(send(events(PATH).header("Authorization", "Bearer " + ticket)), "malformed");
    HttpResponse<String> both =
        send(events(PATH + query).header("Authorization", "Bearer " + TestKeys.token()));
    RequestTests.problem(both, 400, "two-credentials");
    assertThat(both.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
    assertThat(upstream.seen()).isEmpty();
    // none of it used it up
    assertThat(send(events(PATH + query)).statusCode()).isEqualTo(200);
  }

  @Test
  void refusesSpoiledTickets() throws Exception {
    long now = Instant.now().getEpochSecond();
    spoiled("expired", claims -> claims.put("exp", now - 1));
    spoiled("malformed", claims -> claims.remove("path"));
    spoiled("malformed", claims -> claims.remove("auth_ref"));
    spoiled("malformed", claims -> claims.put("auth_exp", "never"));
    spoiled("malformed", claims -> claims.put("origin", List.of("https://app.example")));
    spoiled("wrong-issuer", claims -> claims.put("iss", "https://evil.example"));
  }

  private static void spoiled(String cause, Consumer<Map<String, Object>> spoil) throws Exception {
    refused(send(events(PATH + "?ticket=" + TestKeys.ticket(PATH, spoil))), cause);
  }

  @Test
  void opensNothingUnlessUsedSoon() throws Exception {
    long now = Instant.now().getEpochSecond();
    Consumer<Map<String, Object>> issued = claims -> claims.put("iat", now + 1);
    String used = PATH + "?ticket=" + TestKeys.ticket(PATH, issued);
    String unused = PATH + "?ticket=" + TestKeys.ticket(PATH, issued);
    assertThat(send(events(used)).statusCode()).isEqualTo(200);
    gateway.clock().ahead(Duration.ofSeconds(65));
    refused(send(events(unused)), "ticket-unused");
    assertThat(send(events(used)).statusCode()).isEqualTo(200);
  }

  /// An `EventSource` gives up when refused.
  @Test
  void opensForAStreamThatComesBackAfterTheGatewaysRestart() throws Exception {
    long now = Instant.now().getEpochSecond();
    String ticket = TestKeys.ticket(PATH, claims -> claims.put("iat", now - 600));
    assertThat(send(events(PATH + "?ticket=" + ticket)).statusCode()).isEqualTo(200);
  }

  @Test
  void opensFromNoOtherOrigin() throws Exception {
    String ticket = TestKeys.ticket(PATH, claims -> claims.put("origin", "https://app.example"));
    String target = PATH + "?ticket=" + ticket;
    refused(send(events(target).header("Origin", "https://b.example")), "ticket-misused");
    assertThat(send(events(target).header("Origin", "https://app.example")).statusCode())
        .isEqualTo(200);
    // as browsers send a GET to the page's own origin
    assertThat(send(events(target)).statusCode()).isEqualTo(200);
  }

  @Test
  void endsTheStreamWithTheTicket() throws Exception {
    TestStream stream = new TestStream();
    upstream.answer(stream::serve);
    long now = Instant.now().getEpochSecond();
    String ticket =
        TestKeys.ticket(
            PATH, claims -> claims.putAll(Map.of("exp", now + 2, "auth_exp", now + 3600)));
    try (RawClient client =
        RawClient.get(gateway, PATH + "?ticket=" + ticket, "Accept: text/event-stream")) {
      client.head();
      assertThat(client.body())
          .isEqualTo("event: end\ndata:{\"reason\":\"ticket_ended\",\"reconnect\":false}\n\n");
    }
    assertThat(stream.closed()).isTrue();
  }

  @Test
  void endsTheStreamSoonAfterTheTokenShouldTheServiceNot() throws Exception {
    TestStream stream = new TestStream();
    upstream.answer(stream::serve);
    long now = Instant.now().getEpochSecond();
    String token = TestKeys.token(claims -> claims.put("exp", now + 2));
    try (RawClient client =
        RawClient.get(
            gateway, PATH, "Accept: text/event-stream", "Authorization: Bearer " + token)) {
      client.head();
      assertThat(client.body())
          .isEqualTo("event: end\ndata:{\"reason\":\"token_expired\",\"reconnect\":false}\n\n");
    }
  }

  @Test
  void aSecondStreamEndsTheFirst() throws Exception {
    TestStream first = new TestStream();
    TestStream second = new TestStream();
    String ticket = TestKeys.ticket(PATH, _ -> {});
    upstream.answer(first::serve);
    try (RawClient one =
        RawClient.get(gateway, PATH + "?ticket=" + ticket, "Accept: text/event-stream")) {
      one.head();
      upstream.answer(second::serve);
      try (RawClient two =
          RawClient.get(gateway, PATH + "?ticket=" + ticket, "Accept: Text/Event-Stream")) {
        two.head();
        assertThat(one.body())
            .isEqualTo("event: end\ndata:{\"reason\":\"replaced\",\"reconnect\":false}\n\n");
        second.write("data:1\n\n");
        assertThat(two.chunk()).isNotNull();
      }
    }
  }

  private static HttpRequest.Builder events(String target) {
    return gateway.request(target).header("Accept", "text/event-stream");
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return TestGateway.HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static void refused(
      HttpResponse<String> response, @org.jspecify.annotations.Nullable String cause) {
    assertThat(response.statusCode()).isEqualTo(401);
    if (cause != null) {
      assertThat(response.body()).contains("\"urn:plimsoll:problem:" + cause + "\"");
    }
  }
}
