package io.plimsoll.auth;

import io.plimsoll.service.Answer;
import io.plimsoll.service.Documented;
import io.plimsoll.service.TestTokens;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// The whole service with its two ports, on a database of its own, and a client that holds every
/// answer of the public port and of the admin API to its OpenAPI document.
public final class TestAuth implements AutoCloseable {

  public static final String ISSUER = "http://platform.test/auth";
  public static final String ADMIN_TOKEN = "an operator's token, long enough".replace(' ', '-');
  public static final String NEXT_ADMIN_TOKEN =
      "the token that comes after that!".replace(' ', '-');

  static final Documented PUBLIC = new Documented("/static/auth/openapi.json", true);
  static final Documented ADMIN = new Documented("/admin-openapi.json", true);

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final ConfigurableApplicationContext context;
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger tenants = new AtomicInteger();

  /// A key as its tenant's backend knows it.
  public record ClientKey(String tenant, String id, String secret) {}

  private static final class Shared {

    static final TestPostgres POSTGRES = TestBackends.privatePostgres();
    static final TestAuth AUTH = start(POSTGRES, Map.of());
  }

  private TestAuth(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /// One service for all tests of this JVM; they keep apart by tenants of their own.
  public static TestAuth shared() {
    return Shared.AUTH;
  }

  /// A service of the caller's own, on a fresh database of the shared server.
  public static TestAuth start(Map<String, String> properties) {
    return start(Shared.POSTGRES, properties);
  }

  /// A service of the caller's own, on a fresh database of this server.
  public static TestAuth start(TestPostgres postgres, Map<String, String> properties) {
    var database = postgres.freshDatabase();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("server.port", "0");
    all.put("management.server.port", "0");
    all.put("spring.datasource.url", database.url());
    all.put("spring.datasource.username", database.username());
    all.put("spring.datasource.password", database.password());
    all.put("spring.data.redis.host", TestBackends.redis().host());
    all.put("spring.data.redis.port", String.valueOf(TestBackends.redis().port()));
    all.put("plimsoll.internal.jwks", TestTokens.jwks());
    // a test puts the clock forward, and nobody reads the keys again for that
    all.put("plimsoll.internal.max-staleness", "1000h");
    all.put("plimsoll.auth.wrapping-keys", Secrets.file(Secrets.set(Secrets.newSecret("wrap-1"))));
    // tests of usage name days of their own, which must not grow old
    all.put("plimsoll.auth.usage-hours-retention", "36500d");
    all.put("plimsoll.auth.usage-days-retention", "36500d");
    all.put("plimsoll.auth.public-url", "http://platform.test");
    all.put("plimsoll.auth.signing-keys", Secrets.file(Secrets.set(Secrets.newKey("signing-1"))));
    all.put(
        "plimsoll.internal-port.admin-tokens",
        Secrets.file(ADMIN_TOKEN + "\n" + NEXT_ADMIN_TOKEN + "\n"));
    all.putAll(properties);
    all.values().removeIf(""::equals);
    return new TestAuth(
        new SpringApplicationBuilder(AuthApplication.class, Beans.class)
            .run(
                all.entrySet().stream()
                    .map(property -> "--" + property.getKey() + "=" + property.getValue())
                    .toArray(String[]::new)));
  }

  @Configuration(proxyBeanMethods = false)
  static class Beans {

    @Bean
    TestClock testClock() {
      return new TestClock();
    }

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

  public TestClock clock() {
    return context.getBean(TestClock.class);
  }

  public JdbcClient jdbc() {
    return context.getBean(JdbcClient.class);
  }

  ConfigurableApplicationContext context() {
    return context;
  }

  /// The context of the internal port.
  ApplicationContext internalContext() {
    return Objects.requireNonNull(context.getBean(InternalContext.class).context);
  }

  /// A request to the port that the gateway reaches.
  public HttpRequest.Builder publicPort(String path) {
    return request("local.server.port", path);
  }

  /// A request to the port that operators reach, with their token.
  public HttpRequest.Builder internalPort(String path) {
    return request("local.management.port", path).header("Authorization", "Bearer " + ADMIN_TOKEN);
  }

  /// A request to that port without a token.
  public HttpRequest.Builder internalPortUnauthenticated(String path) {
    return request("local.management.port", path);
  }

  private HttpRequest.Builder request(String port, String path) {
    String address = "http://127.0.0.1:" + context.getEnvironment().getProperty(port) + path;
    return HttpRequest.newBuilder(URI.create(address)).timeout(TIMEOUT);
  }

  public Answer send(HttpRequest.Builder request) {
    try {
      var response = http.send(request.build(), BodyHandlers.ofString());
      String port = String.valueOf(response.uri().getPort());
      if (port.equals(context.getEnvironment().getProperty("local.server.port"))) {
        PUBLIC.check(response);
      } else {
        ADMIN.check(response);
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
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body)));
    if (answer.status() < 300) {
      ADMIN.checkTaken(method, path, body);
    }
    return answer;
  }

  public Answer admin(String method, String path) {
    return send(internalPort(path).method(method, BodyPublishers.noBody()));
  }

  /// What a gateway calls with.
  private String gatewayToken() {
    Date end = Date.from(clock().instant().plusSeconds(300));
    return TestTokens.gateway("auth", claims -> claims.expirationTime(end));
  }

  /// A request of a gateway's own.
  public Answer gateway(String path) {
    return send(
        internalPortUnauthenticated(path).header("Authorization", "Bearer " + gatewayToken()));
  }

  public Answer gateway(String path, String body) {
    return send(
        internalPortUnauthenticated(path)
            .header("Authorization", "Bearer " + gatewayToken())
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  /// A request through the gateway, with an internal token.
  public Answer customer(String token, String path, String body) {
    return send(
        publicPort(path)
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  /// A revocation request.
  public Answer revoke(ClientKey key, String token) {
    return send(
        publicPort("/auth/oauth2/revoke")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Authorization", basic(key.id(), key.secret()))
            .POST(BodyPublishers.ofString(form("token", token))));
  }

  /// The number that the next change will have gone beyond.
  public long head() {
    return gateway("/internal/v1/changes?limit=1&after=" + Long.MAX_VALUE)
        .is(200)
        .json()
        .path("next")
        .asLong();
  }

  /// All changes with a greater number.
  public List<JsonNode> changesAfter(long number) {
    List<JsonNode> changes = new ArrayList<>();
    JsonNode page;
    do {
      page = gateway("/internal/v1/changes?after=" + number).is(200).json();
      page.path("changes").forEach(changes::add);
      number = page.path("next").asLong();
    } while (page.path("more").asBoolean());
    return changes;
  }

  /// A tenant that no other test has.
  public String newTenant() {
    String tenant = "tenant-" + tenants.incrementAndGet();
    admin("PUT", "/admin/v1/tenants/" + tenant, "{\"name\":\"A tenant\"}").is(201);
    return tenant;
  }

  /// A key with the default ceiling, of a tenant of its own.
  public ClientKey newKey() {
    return newKey("{\"name\":\"backend\"}");
  }

  public ClientKey newKey(String body) {
    String tenant = newTenant();
    Answer created = admin("POST", "/admin/v1/tenants/" + tenant + "/keys", body).is(201);
    return new ClientKey(tenant, created.text("keyId"), created.text("secret"));
  }

  /// A token request: `name, value, …`.
  public Answer token(ClientKey key, String... parameters) {
    return send(
        tokenRequest(form(parameters)).header("Authorization", basic(key.id(), key.secret())));
  }

  /// The same without authentication.
  public HttpRequest.Builder tokenRequest(String form) {
    return publicPort("/auth/oauth2/token")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(BodyPublishers.ofString(form));
  }

  public static String form(String... parameters) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      pairs.put(parameters[i], parameters[i + 1]);
    }
    return pairs.entrySet().stream()
        .map(
            pair ->
                pair.getKey() + "=" + URLEncoder.encode(pair.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }

  public static String basic(String id, String secret) {
    byte[] pair = (id + ":" + secret).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  /// The public key set, as a verifier gets it.
  public String keySet() {
    return Objects.requireNonNull(send(publicPort("/auth/oauth2/jwks")).is(200).body());
  }

  @Override
  public void close() {
    context.close();
  }
}
