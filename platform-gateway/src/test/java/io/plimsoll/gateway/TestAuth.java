package io.plimsoll.gateway;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/// Plays auth-service's internal port: keys, tenants, and numbered changes.
final class TestAuth implements AutoCloseable {

  /// For gateways whose test is about something else: it knows `acme` and its `key-1`.
  static final TestAuth SHARED = new TestAuth();

  private final LoopResources loops = LoopResources.create("auth", 1, true);
  private final DisposableServer server;
  private final Map<String, Map<String, Object>> keys = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Object>> tenants = new ConcurrentHashMap<>();
  private final List<Map<String, Object>> changes = new CopyOnWriteArrayList<>();
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final List<String> tokens = new CopyOnWriteArrayList<>();
  private final List<String> reports = new CopyOnWriteArrayList<>();
  private final AtomicInteger number = new AtomicInteger(100);
  private final Map<Long, String> marks = new ConcurrentHashMap<>(Map.of(100L, newMark()));
  private volatile boolean marking = true;
  private volatile boolean away;

  TestAuth() {
    this(0);
  }

  TestAuth(int port) {
    tenant("acme", false);
    key("key-1", "acme", null);
    server =
        HttpServer.create()
            .host("127.0.0.1")
            .port(port)
            .runOn(loops)
            .handle(this::answer)
            .bindNow();
  }

  private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response) {
    String uri = request.uri();
    if (uri.equals("/internal/v1/usage")) {
      return request
          .receive()
          .aggregate()
          .asString(StandardCharsets.UTF_8)
          .flatMap(
              report -> {
                reports.add(report);
                return json(response, Map.of("applied", true));
              });
    }
    seen.add(uri);
    String authorization = request.requestHeaders().get("Authorization");
    tokens.add(authorization == null ? "" : authorization);
    if (away) {
      return response.status(503).send().then();
    }
    if (uri.startsWith("/internal/v1/changes?after=")) {
      long after = Long.parseLong(uri.replaceAll(".*after=(\\d+).*", "$1"));
      int limit = Integer.parseInt(uri.replaceAll(".*limit=(\\d+).*", "$1"));
      String mark = uri.contains("&mark=") ? uri.replaceAll(".*&mark=([^&]*).*", "$1") : null;
      boolean reset = marking && mark != null && !mark.equals(marks.get(after));
      Map<String, Object> page = page(reset ? 0 : after, limit);
      if (marking) {
        page.put("mark", Objects.requireNonNull(marks.get(page.get("next"))));
        page.put("reset", reset);
      }
      return json(response, page);
    }
    String id = uri.substring(uri.lastIndexOf('/') + 1);
    boolean key = uri.startsWith("/internal/v1/keys/");
    Map<String, Object> found = key ? keys.get(id) : tenants.get(id);
    return found == null
        ? json(
            response.status(404),
            Map.of("type", "urn:plimsoll:problem:unknown-" + (key ? "key" : "tenant")))
        : json(response, found);
  }

  private Map<String, Object> page(long after, int limit) {
    // first: what is added meanwhile comes next time
    long head = number.get();
    List<Map<String, Object>> all = new ArrayList<>();
    for (Map<String, Object> change : changes) {
      if (number(change) > after && number(change) <= head) {
        all.add(change);
      }
    }
    all.sort(Comparator.comparingLong(TestAuth::number));
    boolean more = all.size() > limit;
    List<Map<String, Object>> page = more ? all.subList(0, limit) : all;
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("next", more ? number(page.getLast()) : head);
    answer.put("more", more);
    answer.put("changes", page);
    return answer;
  }

  private static long number(Map<String, Object> change) {
    return ((Number) Objects.requireNonNull(change.get("number"))).longValue();
  }

  private static Mono<Void> json(HttpServerResponse response, Object body) {
    return response
        .header("Content-Type", "application/json")
        .sendString(Mono.just(TestKeys.json(body)))
        .then();
  }

  /// @param verification as in the key's JSON; null for a key that signs nothing
  void key(String id, String tenant, @Nullable Map<String, Object> verification) {
    key(id, tenant, verification, "chat:read chat:write");
  }

  void key(String id, String tenant, @Nullable Map<String, Object> verification, String ceiling) {
    Map<String, Object> key = new LinkedHashMap<>();
    key.put("keyId", id);
    key.put("tenant", tenant);
    key.put("disabled", false);
    key.put("scope", ceiling);
    if (verification != null) {
      key.put("verification", verification);
    }
    keys.put(id, key);
  }

  /// Changes a key's JSON, and says so.
  void change(String id, String member, Object value) {
    Map<String, Object> key = new LinkedHashMap<>(Objects.requireNonNull(keys.get(id)));
    key.put(member, value);
    keys.put(id, key);
    change(Map.of("kind", "key", "keyId", id));
  }

  void tenant(String id, boolean disabled, String... origins) {
    tenants.put(
        id,
        Map.of("tenant", id, "disabled", disabled, "plan", "default", "origins", List.of(origins)));
  }

  void tenantOfPlan(String id, String plan) {
    tenants.put(
        id, Map.of("tenant", id, "disabled", false, "plan", plan, "origins", List.<String>of()));
  }

  /// Gives a change the next number.
  void change(Map<String, Object> change) {
    Map<String, Object> numbered = new LinkedHashMap<>(change);
    int next = number.get() + 1;
    numbered.put("number", next);
    marks.put((long) next, newMark());
    changes.add(numbered);
    number.set(next);
  }

  void revoke(String ref) {
    change(Map.of("kind", "token", "token", ref, "until", 9_999_999_999L));
  }

  /// A backup is restored: what came after it is gone, and so are the numbers.
  void restore(int to) {
    changes.removeIf(change -> number(change) > to);
    marks.keySet().removeIf(marked -> marked > to);
    number.set(to);
  }

  /// Answers as an auth-service did that knew no marks.
  void giveNoMarks() {
    marking = false;
  }

  void removeVerification(String id) {
    Map<String, Object> key = new LinkedHashMap<>(Objects.requireNonNull(keys.get(id)));
    key.remove("verification");
    keys.put(id, key);
    change(Map.of("kind", "key", "keyId", id));
  }

  /// A key is gone, as if it had never been.
  void removeKey(String id) {
    keys.remove(id);
  }

  private static String newMark() {
    return UUID.randomUUID().toString();
  }

  void away(boolean now) {
    away = now;
  }

  int number() {
    return number.get();
  }

  List<String> seen() {
    return seen;
  }

  /// `Authorization` of each request.
  List<String> tokens() {
    return tokens;
  }

  /// Reports of usage, as JSON.
  List<String> reports() {
    return reports;
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
