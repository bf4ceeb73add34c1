package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Whom a request is counted against.
class AddressTests {

  private static final TestUpstream upstream = new TestUpstream();

  @AfterAll
  static void stop() {
    upstream.close();
  }

  private static TestGateway gateway(Map<String, String> more) {
    Map<String, String> properties = new HashMap<>();
    properties.put("plimsoll.gateway.tokens.first.address-rate", "1");
    properties.put("plimsoll.gateway.tokens.first.address-burst", "2");
    properties.putAll(more);
    return new TestGateway(upstream.url(), properties);
  }

  @Test
  void believesNobodyByDefault() throws Exception {
    try (TestGateway gateway = gateway(Map.of())) {
      exhaust(gateway, "203.0.113.1");
      assertThat(first(gateway, "203.0.113.2")).isEqualTo(429);
    }
  }

  @Test
  void goesByTheRightmostAddressThatNoTrustedProxyHas() throws Exception {
    try (TestGateway gateway =
        gateway(Map.of("plimsoll.gateway.trusted-proxies", "127.0.0.0/8,10.0.0.0/8,fd00::/8"))) {
      exhaust(gateway, "203.0.113.1");
      // what the client wrote itself stands further left
      assertThat(first(gateway, "198.51.100.7, 203.0.113.1, 10.1.2.3")).isEqualTo(429);
      assertThat(first(gateway, "203.0.113.1:4711, [fd00::1]:80")).isEqualTo(429);
      assertThat(first(gateway, "203.0.113.1, 198.51.100.7")).isEqualTo(200);
      exhaust(gateway, "2001:db8:1:2::3");
      assertThat(first(gateway, "2001:db8:1:2:ffff::9")).isEqualTo(429);
      assertThat(first(gateway, "2001:db8:1:3::3")).isEqualTo(200);
      // not looked up, and not passed over
      exhaust(gateway, "localhost");
      assertThat(first(gateway, "203.0.113.9, unknown")).isEqualTo(429);
    }
  }

  private static void exhaust(TestGateway gateway, String forwardedFor) {
    Awaitility.await().until(() -> first(gateway, forwardedFor) == 429);
  }

  private static int first(TestGateway gateway, String forwardedFor) throws Exception {
    HttpResponse<String> response =
        TestGateway.HTTP.send(
            gateway.authorized("/chat/v1").header("X-Forwarded-For", forwardedFor).build(),
            BodyHandlers.ofString());
    return response.statusCode();
  }

  /// An id is written in more than one way, and is no secret.
  @Test
  void triesOfAClientsSecretAreCountedByItsIdAndHoldNoGoodOneUp() throws Exception {
    String good = basic("key:secret");
    upstream.answer(
        (request, response) ->
            response
                .status(request.requestHeaders().get("Authorization").equals(good) ? 200 : 401)
                .send());
    try (TestGateway gateway =
        gateway(
            Map.of(
                "plimsoll.gateway.trusted-proxies", "127.0.0.0/8",
                "plimsoll.gateway.client-rate", "1",
                "plimsoll.gateway.client-burst", "3"))) {
      assertThat(token(gateway, "203.0.113.1", good)).isEqualTo(200);
      int form = 0;
      for (String wrong :
          List.of(
              basic("key:x").replace(" ", "  "),
              basic("%6bey:x"),
              basic("key:x").replace("Basic", "bASIC"),
              basic("key:x"))) {
        form++;
        int tries = 0; // each from another address
        while (tries < 200 && token(gateway, "198.51." + form + "." + tries, wrong) != 429) {
          tries++;
        }
        assertThat(tries).as(wrong).isLessThan(200);
      }
      assertThat(token(gateway, "203.0.113.1", good)).isEqualTo(200);
    } finally {
      upstream.reset();
    }
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private static int token(TestGateway gateway, String forwardedFor, String basic)
      throws Exception {
    return TestGateway.HTTP
        .send(
            gateway
                .request("/auth/oauth2/token")
                .header("X-Forwarded-For", forwardedFor)
                .header("Authorization", basic)
                .POST(BodyPublishers.ofString("grant_type=client_credentials"))
                .build(),
            BodyHandlers.ofString())
        .statusCode();
  }

  @Test
  void holdsNoMoreConnectionsThanItsShare() throws Exception {
    try (TestGateway gateway = gateway(Map.of("plimsoll.gateway.connections-per-address", "20"))) {
      try (Clients clients = new Clients()) {
        for (int i = 0; i < 30; i++) {
          clients.all.add(new RawClient(gateway.port()));
        }
        assertThat(clients.anyClosed()).isTrue();
      }
      Awaitility.await().until(() -> answers(gateway));
    }
  }

  @Test
  void aTrustedProxyHoldsAsManyAsItLikes() throws Exception {
    try (TestGateway gateway =
            gateway(
                Map.of(
                    "plimsoll.gateway.connections-per-address", "20",
                    "plimsoll.gateway.trusted-proxies", "127.0.0.1"));
        Clients clients = new Clients()) {
      for (int i = 0; i < 30; i++) {
        clients.all.add(new RawClient(gateway.port()));
      }
      assertThat(answers(gateway)).isTrue();
    }
  }

  private static boolean answers(TestGateway gateway) {
    try (RawClient client = RawClient.get(gateway, "/chat/openapi.json")) {
      return client.head().startsWith("HTTP/1.1 200 ");
    } catch (IOException e) {
      return false;
    }
  }

  private static final class Clients implements AutoCloseable {
    private final List<RawClient> all = new ArrayList<>();

    /// The last to connect need not be the last to be counted.
    private boolean anyClosed() throws Exception {
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        CompletionService<Boolean> closed = new ExecutorCompletionService<>(threads);
        all.forEach(client -> closed.submit(client::closed));
        boolean first = closed.take().get();
        close();
        return first;
      }
    }

    @Override
    public void close() throws IOException {
      for (RawClient client : all) {
        client.close();
      }
    }
  }
}
