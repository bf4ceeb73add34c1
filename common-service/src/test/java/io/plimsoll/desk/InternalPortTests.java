package io.plimsoll.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jwt.JWTClaimsSet;
import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import io.plimsoll.service.UnusableSecretException;
import io.plimsoll.service.internalport.InternalPort;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// A service with two ports, small as can be, over HTTP.
@ExtendWith(OutputCaptureExtension.class)
class InternalPortTests {

  private static final String ADMIN = "/admin/v1/desks";
  private static final String INTERNAL = "/internal/v1/desks";
  private static final String ONE = "0123456789abcdef0123456789abcdef";
  private static final String TWO = "fedcba9876543210fedcba9876543210";
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Map<String, String> ENABLED = new LinkedHashMap<>();

  private static ConfigurableApplicationContext service;

  @BeforeAll
  static void start() throws Exception {
    Path tokens = Files.createTempFile("admin", "");
    tokens.toFile().deleteOnExit();
    Files.writeString(tokens, ONE + "\n" + TWO + "\n");
    ENABLED.put("plimsoll.internal-port.enabled", "true");
    ENABLED.put("plimsoll.internal-port.admin-tokens", tokens.toUri().toString());
    service = start(Map.of());
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void letsGatewaysAndOperatorsToTheirOwnAlone() throws Exception {
    String gateway = TestTokens.gateway("desk");
    assertThat(get(INTERNAL, gateway).is(200).body()).isEqualTo("desks");
    for (String token : List.of(ONE, TWO)) {
      assertThat(get(ADMIN, token).is(200).body()).matches("[0-9a-f]{16}");
    }
    assertThat(get(ADMIN, ONE).body()).isNotEqualTo(get(ADMIN, TWO).body());
    get(INTERNAL, ONE).isProblem(401, "unknown-gateway");
    get(ADMIN, gateway).isProblem(401, "unknown-operator");
  }

  @Test
  void readsParametersToTheLetter() throws Exception {
    assertThat(get("/admin/v1/number?n=10", ONE).is(200).body()).isEqualTo("10");
    for (String query : List.of("n=010", "n=0x10", "n=%2010", "n=", "n=1&n=2")) {
      get("/admin/v1/number?" + query, ONE).isProblem(400, "invalid-parameter");
    }
  }

  /// Each with one fault.
  @Test
  void refusesWhatIsNoGatewaysOwn() throws Exception {
    List<String> tokens =
        new ArrayList<>(
            List.of(
                "",
                "nonsense",
                TestTokens.tenant("desk", "acme", "desk:admin"),
                // a user may be called gateway
                TestTokens.user("desk", "acme", "gateway", "desk:admin"),
                spoiled(claims -> claims.claim("tenant", "acme")),
                spoiled(claims -> claims.claim("tenant", "")),
                spoiled(claims -> claims.subject("anna")),
                spoiled(claims -> claims.subject(null)),
                spoiled(claims -> claims.audience("auth")),
                spoiled(claims -> claims.audience(List.of("desk", "auth"))),
                spoiled(claims -> claims.issuer("somebody")),
                spoiled(claims -> claims.expirationTime(null)),
                spoiled(claims -> claims.expirationTime(inSeconds(-1))),
                spoiled(claims -> claims.expirationTime(inSeconds(3600))),
                TestTokens.gateway("desk") + "x"));
    Consumer<JWTClaimsSet.Builder> perfect = claims -> claims.audience("desk").subject("gateway");
    tokens.add(TestTokens.mint(TestTokens.newKey("test-gateway"), TYPE, perfect));
    tokens.add(TestTokens.mint(TestTokens.newKey("other"), TYPE, perfect));
    tokens.add(TestTokens.mint(TestTokens.KEY, "at+jwt", perfect));
    for (String token : tokens) {
      Answer refused = get(INTERNAL, token).isProblem(401, "unknown-gateway");
      assertThat(refused.header("WWW-Authenticate")).startsWith("Bearer ");
    }
    get(TestTokens.mint(TestTokens.KEY, TYPE, perfect)).is(200);
  }

  private static final String TYPE = "plimsoll-internal+jwt";

  @Test
  void refusesWhoIsNoOperator() throws Exception {
    for (String authorization :
        List.of(
            "",
            "Bearer",
            "Bearer ",
            "Bearer " + ONE + "x",
            "Bearer  " + ONE,
            "Basic " + ONE,
            ONE,
            "Bearer " + TestTokens.tenant("desk", "acme", "desk:admin"))) {
      Answer refused =
          send(request(service, "management", ADMIN).header("Authorization", authorization))
              .isProblem(401, "unknown-operator");
      assertThat(refused.header("WWW-Authenticate")).startsWith("Bearer ");
    }
    send(request(service, "management", ADMIN)).isProblem(401, "unknown-operator");
    send(request(service, "management", INTERNAL)).isProblem(401, "unknown-gateway");
    send(request(service, "management", ADMIN)
            .header("Authorization", "Bearer " + ONE)
            .header("Authorization", "Bearer " + ONE))
        .isProblem(401, "unknown-operator");
    send(request(service, "management", ADMIN).header("Authorization", "bearer " + ONE)).is(200);
  }

  /// Made-up `kid`s cost no look-up each, and good tokens go on.
  @Test
  void servesOnDuringAFloodOfUnknownKeys() throws Exception {
    String unknown =
        TestTokens.mint(
            TestTokens.newKey("made-up"),
            TYPE,
            claims -> claims.audience("desk").subject("gateway"));
    for (int i = 0; i < 50; i++) {
      get(INTERNAL, unknown).isProblem(401, "unknown-gateway");
      get(INTERNAL, TestTokens.gateway("desk")).is(200);
    }
  }

  /// Spring matches `/admin;x/v1` like `/admin/v1`: a filter that looks at prefixes would let it
  /// by.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin;x=1/v1/desks",
        "/admin/v1/desks;x",
        "//admin/v1/desks",
        "/%61dmin/v1/desks",
        "/ADMIN/v1/desks",
        "/internal;x=1/v1/desks",
        "//internal/v1/desks",
        "/%69nternal/v1/desks",
        "/INTERNAL/v1/desks",
        "/actuator/../admin/v1/desks",
        "/actuator;/../internal/v1/desks",
        "/actuator%2f..%2fadmin/v1/desks",
        "/"
      })
  void isClosedWhereverThePathIsNotActuators(String path) throws Exception {
    Answer answer = send(request(service, "management", path));
    assertThat(answer.status()).isIn(400, 401, 404);
    assertThat(answer.body()).isNotEqualTo("desks");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/internal/../admin/v1/desks",
        "/internal/%2e%2e/admin/v1/desks",
        "/internal;/../admin/v1/desks",
        "/admin/v1/desks/internal/v1"
      })
  void letsGatewaysDoNothingOfOperators(String path) throws Exception {
    assertThat(get(path, TestTokens.gateway("desk")).status()).isIn(400, 401, 404);
  }

  @Test
  void leavesProbesAndMetricsOpen() throws Exception {
    send(request(service, "management", "/actuator/health/readiness")).is(200);
    get("/actuator/env", ONE).is(404);
  }

  /// With every credential there is: the port has no such mapping.
  @Test
  void isNowhereOnThePublicPort() throws Exception {
    for (String path : List.of(ADMIN, INTERNAL, "/actuator/health")) {
      for (String token : List.of(ONE, TestTokens.gateway("desk"))) {
        send(bearer(request(service, "server", path), token)).isProblem(401, "not-through-gateway");
      }
      String admin = TestTokens.tenant("desk", "acme", "desk:admin");
      send(bearer(request(service, "server", path), admin)).isProblem(404, "not-found");
    }
  }

  @Test
  void servesNothingOfThePublicPort() throws Exception {
    send(bearer(request(service, "server", "/desk/open"), desk())).is(200);
    get("/desk/open", ONE).isProblem(404, "not-found");
  }

  @Test
  void runsControllersOnVirtualThreads() throws Exception {
    assertThat(get("/admin/v1/thread", ONE).body()).isEqualTo("true");
  }

  /// Then there is no second port, so the admin API must be nowhere rather than on the first.
  @ParameterizedTest
  @ValueSource(strings = {"-1", "the public one"})
  void isNowhereWithoutAPortOfItsOwn(String port) throws Exception {
    Map<String, String> properties =
        port.equals("-1")
            ? Map.of("management.server.port", "-1")
            : Map.of("management.server.port", "${server.port}");
    try (ConfigurableApplicationContext own = start(properties)) {
      for (String path : List.of(ADMIN, INTERNAL)) {
        send(bearer(request(own, "server", path), ONE)).isProblem(401, "not-through-gateway");
        send(bearer(request(own, "server", path), desk())).isProblem(404, "not-found");
      }
    }
  }

  @Test
  void isOffByDefault() throws Exception {
    try (ConfigurableApplicationContext own =
        start(
            Map.of(
                "plimsoll.internal-port.enabled",
                "false",
                "plimsoll.internal-port.admin-tokens",
                ""))) {
      send(bearer(request(own, "management", ADMIN), ONE)).is(404);
      send(bearer(request(own, "management", INTERNAL), TestTokens.gateway("desk"))).is(404);
      send(request(own, "management", "/actuator/health/readiness")).is(200);
      send(bearer(request(own, "server", ADMIN), desk())).isProblem(404, "not-found");
    }
  }

  @Test
  void saysWhenItCanNotTell() throws Exception {
    try (ConfigurableApplicationContext own =
        start(Map.of("plimsoll.internal.jwks", "file:/nowhere/set"))) {
      Answer away =
          send(bearer(request(own, "management", INTERNAL), TestTokens.gateway("desk")))
              .isProblem(503, "unavailable");
      assertThat(away.header("Retry-After")).isEqualTo("1");
      send(bearer(request(own, "server", "/desk/open"), desk())).isProblem(503, "unavailable");
      send(bearer(request(own, "management", ADMIN), ONE)).is(200);
    }
  }

  @Test
  void doesNotStartWithoutOperatorsTokensAndSaysWhatToDo(CapturedOutput output) {
    String property = "plimsoll.internal-port.admin-tokens";
    assertThatThrownBy(() -> start(Map.of(property, "")))
        .hasRootCauseInstanceOf(UnusableSecretException.class);
    assertThat(output)
        .contains("APPLICATION FAILED TO START", property + " is not set", "Point " + property);
  }

  private static Answer get(String token) throws Exception {
    return get(INTERNAL, token);
  }

  private static Answer get(String path, String token) throws Exception {
    return send(bearer(request(service, "management", path), token));
  }

  private static String desk() {
    return TestTokens.tenant("desk", "acme", "desk:admin");
  }

  private static String spoiled(Consumer<JWTClaimsSet.Builder> spoil) {
    return TestTokens.gateway("desk", spoil);
  }

  private static Date inSeconds(long seconds) {
    return Date.from(Instant.now().plusSeconds(seconds));
  }

  private static HttpRequest.Builder bearer(HttpRequest.Builder request, String token) {
    return request.header("Authorization", "Bearer " + token);
  }

  private static HttpRequest.Builder request(
      ConfigurableApplicationContext of, String port, String path) {
    String number = of.getEnvironment().getProperty("local." + port + ".port");
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + number + path))
        .timeout(Duration.ofSeconds(30));
  }

  private static Answer send(HttpRequest.Builder request) throws Exception {
    return new Answer(HTTP.send(request.build(), BodyHandlers.ofString()));
  }

  private static ConfigurableApplicationContext start(Map<String, String> properties) {
    Map<String, String> all = new LinkedHashMap<>(ENABLED);
    all.put("server.port", "0");
    all.put("management.server.port", "0");
    all.put("plimsoll.service.name", "desk");
    all.put("plimsoll.internal.jwks", TestTokens.jwks());
    all.putAll(properties);
    return new SpringApplicationBuilder(Desk.class)
        .run(
            all.entrySet().stream()
                .map(property -> "--" + property.getKey() + "=" + property.getValue())
                .toArray(String[]::new));
  }

  @SpringBootApplication
  @RestController
  static class Desk {

    /// Its own event loops: the global ones end with the first service that is closed.
    @Bean
    ReactorResourceFactory eventLoops() {
      ReactorResourceFactory own = new ReactorResourceFactory();
      own.setUseGlobalResources(false);
      return own;
    }

    @GetMapping("/desk/open")
    String open() {
      return "open";
    }
  }

  @InternalPort
  @RestController
  static class Operators {

    @GetMapping(ADMIN)
    String desks(@RequestAttribute(InternalPort.OPERATOR) String operator) {
      return operator;
    }

    @GetMapping("/admin/v1/number")
    int number(@RequestParam int n) {
      return n;
    }

    @GetMapping("/admin/v1/thread")
    String thread() {
      return String.valueOf(Thread.currentThread().isVirtual());
    }
  }

  @InternalPort
  @RestController
  static class Gateways {

    @GetMapping(INTERNAL)
    String desks() {
      return "desks";
    }
  }
}
