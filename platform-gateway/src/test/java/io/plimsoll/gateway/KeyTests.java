package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/// Auth-service's keys: there, rotated, away.
class KeyTests {

  private static final String PATH = "/chat/v1/rooms/r1/events";
  private static final String REVOKED =
      "event: end\ndata:{\"reason\":\"token_revoked\",\"reconnect\":false}\n\n";
  private static final ECKey NEXT = TestKeys.newKey("auth-2");

  private static TestGateway gateway(TestUpstream service, String jwks, String refresh) {
    return new TestGateway(
        service.url(),
        Map.of("plimsoll.gateway.tokens.jwks", jwks, "plimsoll.gateway.tokens.refresh", refresh));
  }

  private static void publish(TestUpstream auth, ECKey... keys) {
    auth.answer((_, response) -> response.sendString(Mono.just(TestKeys.jwks(keys))));
  }

  private static HttpResponse<String> send(TestGateway gateway, String token) throws Exception {
    return TestGateway.HTTP.send(request(gateway, token), BodyHandlers.ofString());
  }

  private static HttpRequest request(TestGateway gateway, String token) {
    return gateway.request("/chat/v1").header("Authorization", "Bearer " + token).build();
  }

  private static String signedByNext() {
    Map<String, Object> header = TestKeys.header("at+jwt");
    header.put("kid", NEXT.getKeyID());
    return TestKeys.sign(NEXT, TestKeys.json(header), TestKeys.json(TestKeys.claims()));
  }

  @Test
  void findsARotatedKeyAndDropsTheOldOne() throws Exception {
    try (TestUpstream service = new TestUpstream();
        TestUpstream auth = new TestUpstream()) {
      publish(auth, TestKeys.AUTH);
      try (TestGateway gateway = gateway(service, auth.url() + "/jwks", "300ms")) {
        assertThat(send(gateway, TestKeys.token()).statusCode()).isEqualTo(200);
        publish(auth, NEXT);
        Awaitility.await()
            .atMost(Duration.ofSeconds(10))
            .until(() -> send(gateway, signedByNext()).statusCode() == 200);
        RequestTests.problem(send(gateway, TestKeys.token()), 401, "unknown-key");
      }
    }
  }

  /// As with a verification key that was replaced, whatever was seen before.
  @Test
  void endsWhatAKeySignedThatIsPublishedNoMoreAndNothingElse() throws Exception {
    try (TestUpstream service = new TestUpstream();
        TestUpstream auth = new TestUpstream()) {
      publish(auth, TestKeys.AUTH, NEXT);
      service.answer(KeyTests::serve);
      TestStream events = new TestStream();
      String token = TestKeys.token();
      String ticket = ticketOf(TestKeys.AUTH, NEXT);
      String ofToken = ticketOf(NEXT, TestKeys.AUTH);
      String neverUsed = ticketOf(NEXT, TestKeys.AUTH);
      String stays = ticketOf(NEXT, NEXT);
      try (TestGateway gateway = gateway(service, auth.url() + "/jwks", "300ms");
          RawClient stream = stream(gateway, PATH, "Authorization: Bearer " + token);
          RawClient byTicket = stream(gateway, ticket);
          RawClient byTicketOfToken = stream(gateway, ofToken);
          RawClient poll =
              RawClient.get(
                  gateway, "/chat/v1/poll?live=long-poll", "Authorization: Bearer " + token)) {
        stream.head();
        byTicket.head();
        byTicketOfToken.head();
        assertThat(send(gateway, token).statusCode()).isEqualTo(200);
        Awaitility.await().until(() -> service.seen().size() == 5);
        service.answer(events::serve);
        try (RawClient other = stream(gateway, stays)) {
          other.head();
          service.answer(KeyTests::serve);
          publish(auth, NEXT);
          // all is looked at every 10 s, which is too late
          Awaitility.await()
              .atMost(Duration.ofSeconds(3))
              .until(() -> gateway.gauge("plimsoll.gateway.streams") == 1);
          assertThat(stream.body()).isEqualTo(REVOKED);
          assertThat(byTicket.body()).isEqualTo(REVOKED);
          assertThat(byTicketOfToken.body()).isEqualTo(REVOKED);
          assertThat(poll.head()).startsWith("HTTP/1.1 401 ");
          RequestTests.problem(send(gateway, token), 401, "unknown-key");
          RequestTests.problem(send(gateway, TestKeys.token()), 401, "unknown-key");
          for (String refused : new String[] {ticket, ofToken, neverUsed}) {
            try (RawClient client = stream(gateway, refused)) {
              assertThat(client.head()).startsWith("HTTP/1.1 401 ");
            }
          }
          assertThat(send(gateway, signedByNext()).statusCode()).isEqualTo(200);
          events.write("data:1\n\n");
          assertThat(other.chunk()).isNotNull();
        }
      }
    }
  }

  @Test
  void refusesWhatItHasSeenOfAKeyWhoseKidIsAnothersNow() throws Exception {
    try (TestUpstream service = new TestUpstream();
        TestUpstream auth = new TestUpstream()) {
      publish(auth, TestKeys.AUTH);
      try (TestGateway gateway = gateway(service, auth.url() + "/jwks", "300ms")) {
        String token = TestKeys.token();
        assertThat(send(gateway, token).statusCode()).isEqualTo(200);
        publish(auth, TestKeys.newKey(TestKeys.AUTH.getKeyID()));
        Awaitility.await().until(() -> send(gateway, token).statusCode() == 401);
        RequestTests.problem(send(gateway, token), 401, "unknown-key");
        // a mistake that was put right
        publish(auth, TestKeys.AUTH);
        Awaitility.await().until(() -> send(gateway, token).statusCode() == 200);
      }
    }
  }

  private static Publisher<Void> serve(HttpServerRequest request, HttpServerResponse response) {
    if (request.uri().startsWith(PATH)) {
      return new TestStream().serve(request, response);
    }
    return request.uri().contains("live=")
        ? response.sendString(Mono.never())
        : TestUpstream.hello(request, response);
  }

  private static RawClient stream(TestGateway gateway, String target, String... headers)
      throws IOException {
    String[] all = Arrays.copyOf(headers, headers.length + 1);
    all[headers.length] = "Accept: text/event-stream";
    return RawClient.get(gateway, target, all);
  }

  /// A target with a ticket that `by` signed, and another key its token.
  private static String ticketOf(ECKey by, ECKey token) {
    Map<String, Object> header = TestKeys.header("plimsoll-ticket+jwt");
    header.put("kid", by.getKeyID());
    Map<String, Object> claims = TestKeys.claims();
    claims.put("path", PATH);
    claims.put("auth_ref", token.getKeyID() + ".xyz");
    claims.put("auth_key", claims.get("client_id"));
    claims.put("auth_exp", claims.get("exp"));
    return PATH + "?ticket=" + TestKeys.sign(by, TestKeys.json(header), TestKeys.json(claims));
  }

  @Test
  void readsNoMoreThanOnceForAFloodOfUnknownKids() throws Exception {
    try (TestUpstream service = new TestUpstream();
        TestUpstream auth = new TestUpstream()) {
      publish(auth, TestKeys.AUTH);
      try (TestGateway gateway = gateway(service, auth.url() + "/jwks", "1h")) {
        assertThat(send(gateway, TestKeys.token()).statusCode()).isEqualTo(200);
        CompletableFuture<?>[] flood =
            IntStream.range(0, 200)
                .mapToObj(
                    i -> {
                      Map<String, Object> header = TestKeys.header("at+jwt");
                      header.put("kid", "made-up-" + i);
                      String token =
                          TestKeys.sign(
                              TestKeys.AUTH,
                              TestKeys.json(header),
                              TestKeys.json(TestKeys.claims()));
                      return TestGateway.HTTP
                          .sendAsync(request(gateway, token), BodyHandlers.ofString())
                          .thenAccept(
                              response -> RequestTests.problem(response, 401, "unknown-key"));
                    })
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(flood).join();
        assertThat(auth.seen()).hasSizeLessThanOrEqualTo(3);
      }
    }
  }

  @Test
  void goesOnWithItsLastKeysWhileAuthServiceIsAway() throws Exception {
    try (TestUpstream service = new TestUpstream();
        TestUpstream auth = new TestUpstream()) {
      publish(auth, TestKeys.AUTH);
      try (TestGateway gateway = gateway(service, auth.url() + "/jwks", "200ms")) {
        String seen = TestKeys.token();
        assertThat(send(gateway, seen).statusCode()).isEqualTo(200);
        service.answer(KeyTests::serve);
        try (RawClient stream = stream(gateway, PATH, "Authorization: Bearer " + seen)) {
          stream.head();
          // nor is any of these a set of auth-service's
          String half = TestKeys.jwks(TestKeys.AUTH).substring(0, 100);
          List<String> failures = List.of("", "<html>", "{}", "{\"keys\":[]}", half);
          int reads = auth.seen().size();
          auth.answer(
              (_, response) -> {
                int failure = auth.seen().size() - reads - 1;
                return failure < failures.size()
                    ? response.sendString(Mono.just(failures.get(failure)))
                    : response.status(503).send();
              });
          Awaitility.await()
              .until(
                  () -> {
                    assertThat(send(gateway, seen).statusCode()).isEqualTo(200);
                    assertThat(send(gateway, TestKeys.token()).statusCode()).isEqualTo(200);
                    return auth.seen().size() > reads + failures.size() + 1;
                  });
          assertThat(gateway.gauge("plimsoll.gateway.streams")).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void trustsNoKeysThatAreTooOld() throws Exception {
    try (TestUpstream service = new TestUpstream();
        TestUpstream auth = new TestUpstream()) {
      publish(auth, TestKeys.AUTH);
      try (TestGateway gateway =
          new TestGateway(
              service.url(),
              Map.of(
                  "plimsoll.gateway.tokens.jwks", auth.url() + "/jwks",
                  "plimsoll.gateway.tokens.refresh", "200ms",
                  "plimsoll.gateway.tokens.max-staleness", "1s"))) {
        String seen = TestKeys.token();
        assertThat(send(gateway, seen).statusCode()).isEqualTo(200);
        auth.answer((_, response) -> response.status(503).send());
        Awaitility.await().until(() -> send(gateway, TestKeys.token()).statusCode() == 503);
        RequestTests.problem(send(gateway, TestKeys.token()), 503, "keys-unavailable");
        // one that was verified goes on until it expires
        assertThat(send(gateway, seen).statusCode()).isEqualTo(200);
        publish(auth, TestKeys.AUTH);
        Awaitility.await().until(() -> send(gateway, TestKeys.token()).statusCode() == 200);
      }
    }
  }

  @Test
  void startsWithoutAuthServiceAndRecovers() throws Exception {
    int port = freePort();
    try (TestUpstream service = new TestUpstream();
        TestGateway gateway = gateway(service, "http://127.0.0.1:" + port + "/jwks", "1h")) {
      Awaitility.await().until(() -> ready(gateway) == 200);
      HttpResponse<String> refused = send(gateway, TestKeys.token());
      RequestTests.problem(refused, 503, "keys-unavailable");
      assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(
              TestGateway.HTTP
                  .send(
                      gateway.authorized("/chat/v1").header("Accept", "text/event-stream").build(),
                      BodyHandlers.ofString())
                  .body())
          .contains("\"reason\":\"unavailable\",\"reconnect\":true");
      try (TestUpstream auth = new TestUpstream(port)) {
        publish(auth, TestKeys.AUTH);
        Awaitility.await().until(() -> send(gateway, TestKeys.token()).statusCode() == 200);
      }
    }
  }

  private static int ready(TestGateway gateway) throws Exception {
    URI uri =
        URI.create("http://127.0.0.1:" + gateway.internalPort() + "/actuator/health/readiness");
    return TestGateway.HTTP
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
        .statusCode();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
