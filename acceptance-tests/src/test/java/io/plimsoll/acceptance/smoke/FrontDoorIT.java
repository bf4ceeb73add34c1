package io.plimsoll.acceptance.smoke;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plimsoll.acceptance.platform.Api;
import io.plimsoll.acceptance.platform.Api.Answer;
import io.plimsoll.acceptance.platform.LocalPlatform;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Who gets in, and what is said while nobody is home.
@TestInstance(Lifecycle.PER_CLASS)
class FrontDoorIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final LocalPlatform platform = LocalPlatform.shared();
  private final Api api = Api.of(platform);

  @AfterAll
  void close() {
    api.close();
  }

  private HttpRequest.Builder request(URI base, String path) {
    return HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofSeconds(20));
  }

  private static URI instance(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  @ParameterizedTest
  @ValueSource(strings = {"chat", "chat-2", "auth"})
  void aServiceRefusesWhatDidNotComeThroughTheGateway(String service) {
    URI base = instance(platform.process(service).port());
    String path = service.equals("auth") ? "/auth/v1/tickets" : "/chat/v1/rooms";
    String method = service.equals("auth") ? "POST" : "GET";
    HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.ofString("{\"path\":\"/x\"}");
    if (method.equals("GET")) {
      body = HttpRequest.BodyPublishers.noBody();
    }

    Answer bare = api.send(request(base, path).method(method, body).build());
    Answer withCustomersToken =
        api.send(
            request(base, path)
                .method(method, body)
                .header("Authorization", "Bearer " + api.token("ann"))
                .header("X-Plimsoll-Tenant", "demo")
                .build());

    bare.expect(401);
    withCustomersToken.expect(401);
  }

  @Test
  void noInternalPathIsReachedThroughTheGateway() {
    String ann = api.token("ann");
    for (String path :
        List.of(
            "/actuator/health",
            "/actuator/prometheus",
            "/chat/actuator/health",
            "/admin/v1/tenants",
            "/auth/admin/v1/tenants",
            "/internal/jwks.json")) {
      assertThat(api.get(ann, path).status()).as(path).isIn(403, 404);
      assertThat(api.get(null, path).status()).as(path).isIn(401, 404);
    }
  }

  @Test
  void withoutATokenNobodyGetsIn() {
    assertThat(api.get(null, "/chat/v1/rooms").expect(401).problem()).endsWith(":token-missing");
    Answer forged = api.get(api.token("ann").replaceAll("....$", "AAAA"), "/chat/v1/rooms");
    assertThat(forged.expect(401).header("WWW-Authenticate").orElse("")).startsWith("Bearer");
  }

  @Test
  void anEventSourceIsToldToComeBackWhileAServiceIsAway() {
    String ann = api.token("ann");
    URI events = platform.url().resolve("/chat/v1/rooms/lobby/events?offset=-1");
    HttpRequest browser =
        request(events, events.toString())
            .header("Authorization", "Bearer " + ann)
            .header("Accept", "text/event-stream")
            .build();
    HttpRequest other =
        request(events, events.toString()).header("Authorization", "Bearer " + ann).build();
    platform.stop("chat");
    platform.stop("chat-2");
    try {
      Answer toBrowser = api.send(browser).expect(200);
      Answer toOther = api.send(other).expect(503);

      assertThat(toBrowser.header("Content-Type").orElse("")).startsWith("text/event-stream");
      assertThat(toBrowser.text())
          .containsPattern("(?m)^retry: ?[1-9][0-9]{3}$")
          .contains("event: end\n")
          .contains("{\"reason\":\"unavailable\",\"reconnect\":true}")
          .endsWith("\n\n");
      assertThat(toOther.header("Retry-After").map(Integer::parseInt).orElse(0)).isPositive();
      assertThat(toOther.header("Content-Type").orElse("")).startsWith("application/problem+json");
    } finally {
      platform.start("chat");
      platform.start("chat-2");
    }
    await().atMost(PATIENCE).until(() -> api.send(other).status() == 200);
  }

  @Test
  void twoTenantsWithEqualIdsNeverMeet() {
    try (Api rival = Api.ofNewTenant(platform, "rival")) {
      Map<String, Object> room =
          Map.of("id", "twin", "name", "Twin", "private", false, "memberIds", List.of("bob"));
      String ours = api.token("ann");
      String theirs = rival.token("ann");
      String path = "/chat/v1/rooms/twin";

      api.post(ours, "/chat/v1/rooms", room).expect(201);
      Answer foreign = rival.get(theirs, path).expect(404);
      Answer absent = rival.get(theirs, "/chat/v1/rooms/none").expect(404);
      assertThat(foreign.text().replace("twin", "none")).isEqualTo(absent.text());
      assertThat(rival.get(theirs, path + "/events?offset=-1").status()).isEqualTo(404);
      rival.post(theirs, path + "/messages", message("c", "theirs")).expect(404);
      rival.delete(rival.tenantToken(), path).expect(404);

      rival.post(theirs, "/chat/v1/rooms", room).expect(201);
      Answer sent = api.post(ours, path + "/messages", message("c", "ours")).expect(201);
      rival.post(theirs, path + "/messages", message("c", "theirs")).expect(201);
      assertThat(api.get(ours, path + "/events?offset=-1").expect(200).text())
          .contains("ours")
          .doesNotContain("theirs");
      assertThat(rival.get(theirs, path + "/events?offset=-1").expect(200).text())
          .contains("theirs")
          .doesNotContain("ours");
      String position = sent.header("Stream-Next-Offset").orElseThrow();
      assertThat(rival.get(theirs, path + "/events?offset=" + position).problem())
          .endsWith(":position-lost");

      rival.delete(rival.tenantToken(), path).expect(204);
      api.get(ours, path).expect(200);
    }
  }

  private static Map<String, Object> message(String clientId, String content) {
    return Map.of(
        "clientId", clientId, "parts", List.of(Map.of("type", "text/plain", "content", content)));
  }
}
