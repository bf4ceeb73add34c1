package io.plimsoll.local.service;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The demo tenant: its plan, its API key, which `demo.env` and `./platform token` go by, and its
/// first room, `lobby`. The plan `default`, which ratelimit-service has from the start, admits 50
/// requests a second of a user; the plan `load`, made here, is for tools that send more. Everything
/// is made through the APIs, as an operator and a customer would.
public final class Demo {

  public static final String TENANT = "demo";

  /// An API key.
  ///
  /// @param secret the client secret, known to nobody but its file
  public record Key(String id, String secret) {}

  /// Read and write of every service.
  private static final String SCOPE =
      "chat:read chat:write textsync:read textsync:write auth:read auth:write";

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String LOBBY =
      """
      {"id":"lobby","name":"Lobby","private":false,"memberIds":["ann","ben"]}""";

  /// High enough for any one machine, but limits all the same: what is measured pays for them.
  private static final Map<String, String> LOAD =
      Map.of(
          "load-user", "\"limit\":\"user\",\"per\":\"user\",\"rate\":100000,\"burst\":200000",
          "load-key", "\"limit\":\"key\",\"per\":\"key\",\"rate\":500000,\"burst\":1000000",
          "load-tenant",
              "\"limit\":\"tenant\",\"per\":\"tenant\",\"rate\":500000,\"burst\":1000000",
          "load-user-streams", "\"limit\":\"user-streams\",\"per\":\"user\",\"streams\":100000",
          "load-tenant-streams",
              "\"limit\":\"tenant-streams\",\"per\":\"tenant\",\"streams\":1000000");

  private final String url;
  private final String adminUrl;
  private final String limitsUrl;
  private final Secrets secrets;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  public Demo(Services services, Secrets secrets) {
    this.url = services.url();
    this.adminUrl = services.adminUrl();
    this.limitsUrl = services.limitsUrl();
    this.secrets = secrets;
  }

  /// Makes the tenant, if it is not there, and puts it on this plan.
  public void tenant(String plan) throws IOException, InterruptedException {
    for (Map.Entry<String, String> policy : LOAD.entrySet()) {
      String wanted = "{\"plan\":\"load\"," + policy.getValue() + "}";
      var put = request(limitsUrl, "/admin/v1/policies/" + policy.getKey()).PUT(json(wanted));
      expect(send(asOperator(put)), 200, 201);
    }
    String wanted = "{\"name\":\"Demo\",\"plan\":\"" + plan + "\"}";
    expect(send(admin("").PUT(json(wanted))), 200, 201);
  }

  /// The tenant's key: that of the last run, if auth-service still knows it. It verifies what the
  /// demo signing key signs.
  public Key key() throws IOException, InterruptedException {
    Optional<Key> kept = kept();
    if (kept.isPresent() && token(kept.get(), "").isPresent()) {
      return kept.get();
    }
    String wanted =
        "{\"name\":\"demo\",\"scope\":\""
            + SCOPE
            + "\",\"verification\":"
            + Files.readString(secrets.demoVerificationKey()).strip()
            + "}";
    JsonNode made = JSON.readTree(expect(send(admin("/keys").POST(json(wanted))), 201).body());
    var key = new Key(made.get("keyId").asString(), made.get("secret").asString());
    Secrets.write(
        secrets.demoKey(),
        "{\"keyId\":\"" + key.id() + "\",\"secret\":\"" + key.secret() + "\"}\n");
    return key;
  }

  private HttpRequest.Builder admin(String path) throws IOException {
    return asOperator(request(adminUrl, "/admin/v1/tenants/" + TENANT + path));
  }

  private HttpRequest.Builder asOperator(HttpRequest.Builder request) throws IOException {
    return request.header("Authorization", "Bearer " + secrets.operator());
  }

  private Optional<Key> kept() throws IOException {
    if (!Files.exists(secrets.demoKey())) {
      return Optional.empty();
    }
    JsonNode kept = JSON.readTree(Files.readString(secrets.demoKey()));
    return Optional.of(new Key(kept.get("keyId").asString(), kept.get("secret").asString()));
  }

  /// Makes the room that the first line to paste follows, unless it is there.
  public void lobby(Key key) throws IOException, InterruptedException {
    String token =
        token(key, "ann").orElseThrow(() -> new IllegalStateException("no token for ann"));
    var room =
        request(url, "/chat/v1/rooms").header("Authorization", "Bearer " + token).POST(json(LOBBY));
    expect(send(room), 201, 409);
  }

  /// A token for a user, or for the tenant itself; absent when the key is refused.
  private Optional<String> token(Key key, String user) throws IOException, InterruptedException {
    String form =
        user.isEmpty()
            ? "grant_type=client_credentials"
            : "grant_type="
                + encoded("urn:ietf:params:oauth:grant-type:token-exchange")
                + "&subject_token_type="
                + encoded("urn:plimsoll:token-type:user")
                + "&subject_token="
                + encoded(user);
    String credentials =
        Base64.getEncoder()
            .encodeToString((key.id() + ":" + key.secret()).getBytes(StandardCharsets.UTF_8));
    var request =
        request(url, "/auth/oauth2/token")
            .setHeader("Content-Type", "application/x-www-form-urlencoded")
            .header("Authorization", "Basic " + credentials)
            .POST(HttpRequest.BodyPublishers.ofString(form));
    HttpResponse<String> answer = send(request);
    if (answer.statusCode() == 401) {
      return Optional.empty();
    }
    return Optional.of(JSON.readTree(expect(answer, 200).body()).get("access_token").asString());
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  private static HttpRequest.Builder request(String url, String path) {
    return HttpRequest.newBuilder(URI.create(url + path))
        .timeout(Duration.ofSeconds(10))
        .setHeader("Content-Type", "application/json");
  }

  private static HttpRequest.BodyPublisher json(String json) {
    return HttpRequest.BodyPublishers.ofString(json);
  }

  /// A process that is ready may still miss another one: what fails for the moment is tried again.
  private HttpResponse<String> send(HttpRequest.Builder builder)
      throws IOException, InterruptedException {
    HttpRequest request = builder.build();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      boolean last = System.nanoTime() >= deadline;
      try {
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() < 500 || last) {
          return answer;
        }
      } catch (IOException e) {
        if (last) {
          throw new IOException(request.method() + " " + request.uri() + ": " + e, e);
        }
      }
      Thread.sleep(PAUSE);
    }
  }

  private static HttpResponse<String> expect(HttpResponse<String> answer, Integer... statuses)
      throws IOException {
    if (!List.of(statuses).contains(answer.statusCode())) {
      throw new IOException(
          "%s %s answered %d: %s"
              .formatted(
                  answer.request().method(), answer.uri(), answer.statusCode(), answer.body()));
    }
    return answer;
  }
}
