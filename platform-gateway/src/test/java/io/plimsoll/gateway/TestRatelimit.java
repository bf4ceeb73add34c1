package io.plimsoll.gateway;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Plays ratelimit-service's internal port: it grants all that is wanted, or nothing.
final class TestRatelimit implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();

  private final LoopResources loops = LoopResources.create("ratelimit", 1, true);
  private final DisposableServer server;
  private final List<Map<String, Object>> policies = new CopyOnWriteArrayList<>();
  private final List<String> tokens = new CopyOnWriteArrayList<>();
  private volatile boolean away;
  private volatile boolean empty;
  private volatile boolean full;
  private volatile Mono<Void> gate = Mono.empty();

  TestRatelimit() {
    server =
        HttpServer.create().host("127.0.0.1").port(0).runOn(loops).handle(this::answer).bindNow();
  }

  private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response) {
    tokens.add(request.requestHeaders().get("Authorization", ""));
    if (away) {
      return response.status(503).send().then();
    }
    if (request.uri().equals("/internal/v1/policies")) {
      return json(response, Map.of("version", version(), "maxGateways", 1, "policies", policies));
    }
    return request
        .receive()
        .aggregate()
        .asString(StandardCharsets.UTF_8)
        .flatMap(body -> gate.then(json(response, granted(JSON.readTree(body)))));
  }

  private Map<String, Object> granted(JsonNode call) {
    List<Object> assignments = new ArrayList<>();
    for (JsonNode demand : call.path("demands")) {
      assignments.add(
          empty
              ? Map.of("units", 0, "emptyMillis", 2_500)
              : Map.of("units", demand.path("want").asInt(), "available", 0));
    }
    List<Object> streams = new ArrayList<>();
    for (JsonNode count : call.path("streams")) {
      streams.add(Map.of("granted", empty || full ? 0 : count.path("want").asInt()));
    }
    return Map.of(
        "sequence",
        call.path("sequence").asLong(),
        "policies",
        version(),
        "ttlMillis",
        10_000,
        "assignments",
        assignments,
        "streams",
        streams);
  }

  private String version() {
    return String.valueOf(policies.size());
  }

  private static Mono<Void> json(HttpServerResponse response, Object body) {
    return response
        .header("Content-Type", "application/json")
        .sendString(Mono.just(JSON.writeValueAsString(body)))
        .then();
  }

  /// One that limits a user's rate.
  void policy(String limit, String plan, double rate, int burst, String storeAway) {
    Map<String, Object> policy = new LinkedHashMap<>();
    policy.put("id", plan + "-" + limit);
    policy.put("limit", limit);
    policy.put("plan", plan);
    policy.put("per", "user");
    policy.put("rate", rate);
    policy.put("burst", burst);
    policy.put("storeAway", storeAway);
    policies.add(policy);
  }

  /// One that limits a user's open streams.
  void streams(String limit, String plan, int streams) {
    policies.add(
        Map.of(
            "id",
            plan + "-" + limit,
            "limit",
            limit,
            "plan",
            plan,
            "per",
            "user",
            "streams",
            streams,
            "storeAway",
            "hold"));
  }

  void away(boolean now) {
    away = now;
  }

  /// Whether nothing is left of anything.
  void empty(boolean now) {
    empty = now;
  }

  /// Whether no stream has a place.
  void full(boolean now) {
    full = now;
  }

  /// Answers to calls for units wait for it.
  void gate(Mono<Void> now) {
    gate = now;
  }

  List<String> tokens() {
    return tokens;
  }

  String url() {
    return "http://127.0.0.1:" + server.port();
  }

  @Override
  public void close() {
    server.disposeNow();
    loops.dispose();
  }
}
