package io.plimsoll.acceptance.platform;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The public API as one tenant's backend and its users call it.
public final class Api implements AutoCloseable {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final URI url;
  private final String keyId;
  private final String secret;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  /// @param url of the gateway
  public Api(URI url, String keyId, String secret) {
    this.url = url;
    this.keyId = keyId;
    this.secret = secret;
  }

  /// For the demo tenant.
  public static Api of(LocalPlatform platform) {
    return new Api(
        platform.url(), platform.demo("PLIMSOLL_KEY_ID"), platform.demo("PLIMSOLL_KEY_SECRET"));
  }

  /// For another tenant, made as an operator makes it.
  public static Api ofNewTenant(LocalPlatform platform, String tenant) {
    String admin = platform.demo("PLIMSOLL_ADMIN_TOKEN");
    try (Api operator = ofOperator(platform, "auth")) {
      String path = "/admin/v1/tenants/" + tenant;
      operator.put(admin, path, Map.of("name", tenant)).expect(200, 201);
      JsonNode key =
          operator
              .post(
                  admin,
                  path + "/keys",
                  Map.of("name", "test", "scope", "auth:read chat:read chat:write"))
              .expect(201)
              .json();
      return new Api(platform.url(), key.path("keyId").asString(), key.path("secret").asString());
    }
  }

  /// For an operator at the internal port of a process; its token is `PLIMSOLL_ADMIN_TOKEN`.
  public static Api ofOperator(LocalPlatform platform, String process) {
    int port = platform.process(process).internalPort();
    return new Api(URI.create("http://127.0.0.1:" + port), "", "");
  }

  public URI url() {
    return url;
  }

  /// An answer, its body as JSON if it is.
  public record Answer(int status, HttpResponse<byte[]> http) {

    public String text() {
      return new String(http.body(), StandardCharsets.UTF_8);
    }

    public JsonNode json() {
      return JSON.readTree(http.body());
    }

    public Optional<String> header(String name) {
      return http.headers().firstValue(name);
    }

    public String problem() {
      return json().path("type").asString("");
    }

    /// The same, if its status is this one.
    public Answer expect(int... expected) {
      for (int one : expected) {
        if (status == one) {
          return this;
        }
      }
      throw new AssertionError(
          http.request().method() + " " + http.request().uri() + ": " + status + " " + text());
    }
  }

  /// The tenant's own token.
  public String tenantToken() {
    return token(Map.of("grant_type", "client_credentials"));
  }

  /// A token for a user.
  public String token(String user) {
    return token(
        Map.of(
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type",
            "urn:plimsoll:token-type:user",
            "subject_token",
            user));
  }

  private String token(Map<String, String> form) {
    StringBuilder body = new StringBuilder();
    form.forEach(
        (name, value) ->
            body.append(body.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
    String credentials =
        Base64.getEncoder().encodeToString((keyId + ":" + secret).getBytes(StandardCharsets.UTF_8));
    return send(HttpRequest.newBuilder(url.resolve("/auth/oauth2/token"))
            .header("Authorization", "Basic " + credentials)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(body.toString()))
            .timeout(TIMEOUT)
            .build())
        .expect(200)
        .json()
        .path("access_token")
        .asString();
  }

  public Answer get(@Nullable String token, String path) {
    return call("GET", token, path, null);
  }

  public Answer post(@Nullable String token, String path, Object body) {
    return call("POST", token, path, body);
  }

  public Answer put(@Nullable String token, String path, @Nullable Object body) {
    return call("PUT", token, path, body);
  }

  public Answer delete(@Nullable String token, String path) {
    return call("DELETE", token, path, null);
  }

  /// Makes one request.
  ///
  /// @param body a string or bytes as they are, anything else as JSON
  public Answer call(String method, @Nullable String token, String path, @Nullable Object body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve(path)).timeout(TIMEOUT);
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    HttpRequest.BodyPublisher publisher =
        switch (body) {
          case null -> BodyPublishers.noBody();
          case String text -> BodyPublishers.ofString(text);
          case byte[] bytes -> BodyPublishers.ofByteArray(bytes);
          default -> BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body));
        };
    return send(request.method(method, publisher).build());
  }

  /// Any other request.
  public Answer send(HttpRequest request) {
    try {
      HttpResponse<byte[]> answer = http.send(request, BodyHandlers.ofByteArray());
      return new Answer(answer.statusCode(), answer);
    } catch (IOException e) {
      throw new AssertionError(request.method() + " " + request.uri(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
