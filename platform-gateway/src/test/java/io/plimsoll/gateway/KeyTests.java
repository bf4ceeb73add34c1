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
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Auth-service's keys: there, rotated, away.
class KeyTests {

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
        assertThat(send(gateway, TestKeys.token()).statusCode()).isEqualTo(200);
        auth.answer((_, response) -> response.status(503).send());
        int reads = auth.seen().size();
        Awaitility.await().until(() -> auth.seen().size() > reads + 2);
        assertThat(send(gateway, TestKeys.token()).statusCode()).isEqualTo(200);
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
