package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.limit.Limits;
import io.plimsoll.gateway.limit.Place;
import io.plimsoll.gateway.limit.Ruling;
import io.plimsoll.gateway.revocation.Bearer;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the gateway makes of leases; that they add up is tested against the real ratelimit-service.
class LimitsTests {

  private static final TestAuth AUTH = new TestAuth();
  private static final TestRatelimit RATELIMIT = new TestRatelimit();
  private static TestGateway gateway;
  private static Limits limits;
  private static int users;

  private final Bearer anna = bearer("anna-" + ++users);

  private static Bearer bearer(String user) {
    return new Bearer("key-1.hash", null, "acme", user, "key-1", null, List.of(), 0);
  }

  @BeforeAll
  static void start() {
    RATELIMIT.policy("user", "default", 5, 10, "hold");
    RATELIMIT.policy("user", "large", 500, 1_000, "hold");
    RATELIMIT.streams("user-streams", "default", 2);
    gateway =
        new TestGateway(
            "http://127.0.0.1:1",
            Map.of(
                "plimsoll.gateway.auth-internal",
                AUTH.url() + "/",
                "plimsoll.gateway.limits.enabled",
                "true",
                // no test is about how long is waited
                "plimsoll.gateway.limits.patience",
                "2s",
                "plimsoll.gateway.limits.ratelimit-internal",
                "http://127.0.0.1:1," + RATELIMIT.url()));
    limits = gateway.context().getBean(Limits.class);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    RATELIMIT.close();
    AUTH.close();
  }

  @BeforeEach
  void back() {
    RATELIMIT.away(false);
    RATELIMIT.empty(false);
    var away = gateway.context().getBean(MeterRegistry.class).get("plimsoll.gateway.leases.away");
    Awaitility.await().until(() -> away.gauge().value() == 0);
  }

  private Ruling admit(Bearer caller) {
    CompletableFuture<Ruling> later = new CompletableFuture<>();
    Ruling now = limits.admit(caller, "chat", later::complete);
    return now != null ? now : later.orTimeout(10, TimeUnit.SECONDS).join();
  }

  private Place open(Bearer caller) {
    return limits.open(caller, "chat").toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static Problem refused(Ruling ruling) {
    assertThat(ruling).isInstanceOf(Ruling.Refused.class);
    return ((Ruling.Refused) ruling).problem();
  }

  private static Ruling.Admitted admitted(Ruling ruling) {
    assertThat(ruling).isInstanceOf(Ruling.Admitted.class);
    return (Ruling.Admitted) ruling;
  }

  @Test
  void saysWhatIsLeftOfThePolicy() {
    Ruling.Admitted first = admitted(admit(anna));

    assertThat(first.policy()).isEqualTo("\"user\";q=10;w=2");
    assertThat(first.limit()).matches("\"user\";r=\\d+;t=\\d+");
    assertThat(first.counted()).isTrue();
  }

  @Test
  void decidesAtOnceWhatIsPaidForAndShowsTheServiceATokenOfItsOwn() throws Exception {
    admit(anna);
    Awaitility.await().until(() -> limits.admit(anna, "chat", _ -> {}) != null);

    var claims = SignedJWT.parse(RATELIMIT.tokens().getLast().substring(7)).getJWTClaimsSet();
    assertThat(claims.getAudience()).containsExactly("ratelimit");
    assertThat(claims.getSubject()).isEqualTo("gateway");
    assertThat(claims.getClaim("tenant")).isNull();
  }

  private int statusForNewUser() throws Exception {
    String token = TestKeys.token(claims -> claims.put("sub", "new-" + ++users));
    return TestGateway.HTTP
        .send(
            gateway.request("/chat/v1").header("Authorization", "Bearer " + token).build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  /// So that a request changes threads twice less; seen by one that needs none in the end.
  @Test
  void makesTheInternalTokenWhereTheCustomersIsVerified() throws Exception {
    RATELIMIT.empty(true);
    statusForNewUser(); // tenant and key are known now
    double before = gateway.internalTokens();

    assertThat(statusForNewUser()).isEqualTo(429);
    assertThat(gateway.internalTokens()).isGreaterThan(before);
  }

  @Test
  void refusesUntilThereCanBeAUnit() {
    RATELIMIT.empty(true);

    Problem problem = refused(admit(anna));

    assertThat(problem.status()).isEqualTo(429);
    assertThat(problem.cause()).isEqualTo("rate-limited");
    assertThat(problem.detail()).contains("\"user\"");
    assertThat(problem.headers())
        .containsEntry("Retry-After", "3")
        .containsEntry("RateLimit", "\"user\";r=0;t=3")
        .containsEntry("RateLimit-Policy", "\"user\";q=10;w=2");
  }

  @Test
  void isUnavailableWhereAPolicyHoldsAndNobodyAnswers() {
    RATELIMIT.away(true);

    Problem problem = refused(admit(anna));

    assertThat(problem.status()).isEqualTo(503);
    assertThat(problem.cause()).isEqualTo("unavailable");
    assertThat(problem.headers()).containsEntry("Retry-After", "1").doesNotContainKey("RateLimit");
  }

  @Test
  void followsAChangeOfTheTenantsPlan() {
    AUTH.tenantOfPlan("movers", "default");
    Bearer mover = new Bearer("key-2.hash", null, "movers", "mia", "key-2", null, List.of(), 0);
    assertThat(admitted(admit(mover)).policy()).isEqualTo("\"user\";q=10;w=2");

    AUTH.tenantOfPlan("movers", "large");
    AUTH.change(Map.of("kind", "tenant", "tenant", "movers"));

    Awaitility.await()
        .untilAsserted(
            () -> assertThat(admitted(admit(mover)).policy()).isEqualTo("\"user\";q=1000;w=2"));
  }

  @Test
  void keepsToThePlanItKnowsWhileNobodyCanTellIt() {
    admit(anna);
    AUTH.change(Map.of("kind", "tenant", "tenant", "acme"));
    AUTH.away(true);
    try {
      assertThat(admitted(admit(anna)).policy()).isEqualTo("\"user\";q=10;w=2");
    } finally {
      AUTH.away(false);
    }
  }

  @Test
  void countsOpenStreams() {
    Place first = open(anna);
    assertThat(admitted(first.ruling()).policy())
        .isEqualTo("\"user-streams\";q=2;qu=\"concurrent-requests\"");
    first.close();

    RATELIMIT.empty(true);
    Place refused = open(anna);
    assertThat(refused(refused.ruling()).status()).isEqualTo(429);
    refused.close();
  }

  @Test
  void limitsNobodyWhomNoPolicyIsFor() {
    Ruling.Admitted tenant =
        admitted(admit(new Bearer("key-1.hash", null, "acme", null, "key-1", null, List.of(), 0)));

    assertThat(tenant.policy()).isNull();
    assertThat(tenant.counted()).isFalse();
  }

  @Test
  void showsOperatorsWhereTheUnitsAre() throws Exception {
    admit(anna);
    var answer =
        TestGateway.HTTP.send(
            java.net.http.HttpRequest.newBuilder(
                    java.net.URI.create(
                        "http://127.0.0.1:"
                            + gateway.internalPort()
                            + "/actuator/limits?tenant=acme"))
                .build(),
            BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"boot\":\"" + limits.boot() + "\"", "\"granted\":");
    assertThat(List.of(answer.body())).noneMatch(body -> body.contains("movers"));
  }

  @Test
  void isNotReadyBeforeItKnowsPolicies() throws Exception {
    try (TestRatelimit late = new TestRatelimit()) {
      late.away(true);
      try (TestGateway starting =
          new TestGateway(
              "http://127.0.0.1:1",
              Map.of(
                  "test.unready",
                  "yes",
                  "plimsoll.gateway.limits.enabled",
                  "true",
                  "plimsoll.gateway.limits.ratelimit-internal",
                  late.url()))) {
        assertThat(TestGateway.HTTP.send(starting.probe(), BodyHandlers.discarding()).statusCode())
            .isEqualTo(503);
        assertThat(
                refused(
                        starting
                            .context()
                            .getBean(Limits.class)
                            .open(anna, "chat")
                            .toCompletableFuture()
                            .orTimeout(10, TimeUnit.SECONDS)
                            .join()
                            .ruling())
                    .status())
            .isEqualTo(503);
        late.away(false);
        Awaitility.await()
            .until(
                () ->
                    TestGateway.HTTP.send(starting.probe(), BodyHandlers.discarding()).statusCode()
                        == 200);
      }
    }
  }
}
