package io.plimsoll.ratelimit;

import io.plimsoll.service.Answer;
import io.plimsoll.service.Documented;
import io.plimsoll.service.TestTokens;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestPostgres;
import io.plimsoll.subscriptions.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

/// The whole service with its two ports, on a database and, where asked for, a Redis of its own,
/// and a client that holds every answer of the admin API to its OpenAPI document.
public final class TestRatelimit implements AutoCloseable {

  public static final String ADMIN_TOKEN = "an operator's token, long enough".replace(' ', '-');

  static final Documented DOCUMENT = new Documented("/admin-openapi.json", true);

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final ConfigurableApplicationContext context;
  private final HttpClient http = HttpClient.newHttpClient();

  private static final class Shared {

    static final TestPostgres POSTGRES = TestBackends.privatePostgres();
    static final TestRatelimit SERVICE = start(TestBackends.redis(), Map.of());
  }

  private TestRatelimit(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /// One service for all tests of this JVM; they keep apart by tenants of their own.
  public static TestRatelimit shared() {
    return Shared.SERVICE;
  }

  /// A service of the caller's own, on a fresh database and this Redis.
  public static TestRatelimit start(TestServer redis, Map<String, String> properties) {
    var database = Shared.POSTGRES.freshDatabase();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("server.port", "0");
    all.put("management.server.port", "0");
    all.put("spring.datasource.url", database.url());
    all.put("spring.datasource.username", database.username());
    all.put("spring.datasource.password", database.password());
    all.put("spring.data.redis.host", redis.host());
    all.put("spring.data.redis.port", redis.port());
    all.put("plimsoll.internal.jwks", TestTokens.jwks());
    all.put("plimsoll.internal-port.admin-tokens", TestGateways.file(ADMIN_TOKEN + "\n"));
    all.put("plimsoll.ratelimit.policies-refresh", "20ms");
    all.putAll(properties);
    all.values().removeIf(""::equals);
    return new TestRatelimit(
        new SpringApplicationBuilder(RatelimitApplication.class, Beans.class)
            .run(
                all.entrySet().stream()
                    .map(property -> "--" + property.getKey() + "=" + property.getValue())
                    .toArray(String[]::new)));
  }

  @Configuration(proxyBeanMethods = false)
  static class Beans {

    /// Its own event loops: the global ones end with the first service that is closed.
    @Bean
    ReactorResourceFactory eventLoops() {
      ReactorResourceFactory own = new ReactorResourceFactory();
      own.setUseGlobalResources(false);
      return own;
    }

    @Bean
    InternalContext internalContext() {
      return new InternalContext();
    }
  }

  /// Notes the context of the internal port, a child of the service's.
  static final class InternalContext implements ApplicationListener<WebServerInitializedEvent> {

    private volatile @Nullable ApplicationContext context;

    @Override
    public void onApplicationEvent(WebServerInitializedEvent started) {
      if ("management".equals(started.getApplicationContext().getServerNamespace())) {
        context = started.getApplicationContext();
      }
    }
  }

  /// A name that no other test has.
  public static String newName(String prefix) {
    return prefix + "-" + NAMES.incrementAndGet();
  }

  public ConfigurableApplicationContext context() {
    return context;
  }

  /// The context of the internal port.
  ApplicationContext internalContext() {
    return Objects.requireNonNull(context.getBean(InternalContext.class).context);
  }

  /// The internal port.
  public URI internal() {
    return URI.create(
        "http://127.0.0.1:" + context.getEnvironment().getProperty("local.management.port"));
  }

  public HttpRequest.Builder internalPort(String path) {
    return HttpRequest.newBuilder(URI.create(internal() + path)).timeout(TIMEOUT);
  }

  public HttpRequest.Builder publicPort(String path) {
    String port = context.getEnvironment().getProperty("local.server.port");
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(TIMEOUT);
  }

  public Answer send(HttpRequest.Builder request) {
    try {
      var response = http.send(request.build(), BodyHandlers.ofString());
      if (response.uri().getPort() == internal().getPort()) {
        DOCUMENT.check(response);
      }
      return new Answer(response);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public Answer admin(String method, String path, String body) {
    Answer answer =
        send(
            internalPort(path)
                .header("Authorization", "Bearer " + ADMIN_TOKEN)
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body)));
    if (answer.status() < 300 && !body.isEmpty()) {
      DOCUMENT.checkTaken(method, path, body);
    }
    return answer;
  }

  /// As a gateway; GET without a body.
  public Answer gateway(String path, String body) {
    HttpRequest.Builder request =
        internalPort(path)
            .header("Authorization", "Bearer " + TestGateways.token())
            .header("Content-Type", "application/json");
    return send(body.isEmpty() ? request : request.POST(BodyPublishers.ofString(body)));
  }

  /// A call with these members of its body.
  public Answer call(String gateway, long sequence, String members) {
    return gateway(
        "/internal/v1/leases",
        "{\"gateway\":\"%s\",\"sequence\":%d,%s}".formatted(gateway, sequence, members));
  }

  /// A policy of a tenant's own, in force when this returns.
  ///
  /// @param rule its other members
  public String policy(String tenant, String rule) {
    String id = newName("policy");
    admin(
            "PUT",
            "/admin/v1/policies/" + id,
            "{\"limit\":\"%s\",\"tenant\":\"%s\",%s}".formatted(id, tenant, rule))
        .is(201);
    org.awaitility.Awaitility.await()
        .until(() -> gateway("/internal/v1/policies", "").body().contains("\"" + id + "\""));
    return id;
  }

  @Override
  public void close() {
    context.close();
  }
}
