package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;
import redis.embedded.RedisServer;

/// What is revoked opens nothing any more, and what it has opened is closed.
class RevocationTests {

  private static final String PATH = "/chat/v1/rooms/r1/events";
  private static final String END =
      "event: end\ndata:{\"reason\":\"token_revoked\",\"reconnect\":false}\n\n";
  private static final ECKey KEY = TestKeys.newKey("backend-1");
  private static final ECKey OTHER = TestKeys.newKey("backend-2");
  private static final long LATER = 9_999_999_999L;

  private TestUpstream upstream;
  private TestAuth auth;
  private TestGateway gateway;

  @BeforeEach
  void start() {
    upstream = new TestUpstream();
    auth = new TestAuth();
    auth.key("backend-1", "acme", TestKeys.verification(KEY));
    auth.key("backend-2", "acme", TestKeys.verification(OTHER));
    gateway = gateway(Map.of());
  }

  private TestGateway gateway(Map<String, String> more) {
    Map<String, String> properties = new HashMap<>();
    properties.put("plimsoll.gateway.auth-internal", auth.url());
    properties.putAll(more);
    return new TestGateway(upstream.url(), properties);
  }

  @AfterEach
  void stop() {
    gateway.close();
    auth.close();
    upstream.close();
  }

  @Test
  void refusesARevokedTokenWhetherSeenOrNot() throws Exception {
    String seen = TestKeys.tenantToken(KEY, _ -> {});
    String unseen = TestKeys.tenantToken(KEY, _ -> {});
    String issued = TestKeys.token();
    String good = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(seen).statusCode()).isEqualTo(200);
    assertThat(send(issued).statusCode()).isEqualTo(200);
    auth.revoke(TestKeys.ref("backend-1", seen));
    auth.revoke(TestKeys.ref("backend-1", unseen));
    auth.revoke(TestKeys.ref("auth-1", issued));
    refusedSoon(issued);
    refused(send(seen));
    refused(send(unseen));
    refused(send(TestKeys.twin(seen)));
    assertThat(send(good).statusCode()).isEqualTo(200);
  }

  @Test
  void refusesWhatAUserKeyTenantOrThePlatformHadUpToAnInstant() throws Exception {
    long now = Instant.now().getEpochSecond();
    auth.tenant("other", false);
    ECKey foreign = TestKeys.newKey("foreign-1");
    auth.key("foreign-1", "other", TestKeys.verification(foreign));
    String anna = TestKeys.tenantToken(KEY, _ -> {});
    String annaLater = TestKeys.tenantToken(KEY, c -> c.put("iat", now + 30));
    String bob = TestKeys.tenantToken(KEY, c -> c.put("sub", "bob"));
    String annaOther = TestKeys.tenantToken(OTHER, c -> c.put("iat", now + 31));
    String strangers = TestKeys.tenantToken(foreign, _ -> {});
    for (String token : new String[] {anna, annaLater, bob, annaOther, strangers}) {
      assertThat(send(token).statusCode()).isEqualTo(200);
    }
    notBefore(now + 10, Map.of("tenant", "acme", "user", "anna"));
    refusedSoon(anna);
    assertThat(send(bob).statusCode()).isEqualTo(200);
    assertThat(send(annaLater).statusCode()).isEqualTo(200);
    assertThat(send(strangers).statusCode()).isEqualTo(200);
    // at that second is before it
    notBefore(now + 30, Map.of("tenant", "acme", "key", "backend-1"));
    refusedSoon(annaLater);
    refused(send(bob));
    assertThat(send(annaOther).statusCode()).isEqualTo(200);
    notBefore(now + 31, Map.of("tenant", "acme"));
    refusedSoon(annaOther);
    assertThat(send(strangers).statusCode()).isEqualTo(200);
    notBefore(now + 31, Map.of());
    refusedSoon(strangers);
    assertThat(send(TestKeys.tenantToken(foreign, c -> c.put("iat", now + 50))).statusCode())
        .isEqualTo(200);
  }

  @Test
  void refusesTokensOfDisabledKeysAndTenants() throws Exception {
    String signed = TestKeys.tenantToken(KEY, _ -> {});
    String other = TestKeys.tenantToken(OTHER, _ -> {});
    String issued = TestKeys.token();
    for (String token : new String[] {signed, other, issued}) {
      assertThat(send(token).statusCode()).isEqualTo(200);
    }
    auth.change("backend-1", "disabled", true);
    refusedSoon(signed);
    refused(send(TestKeys.tenantToken(KEY, _ -> {})));
    auth.change("key-1", "disabled", true);
    refusedSoon(issued);
    refused(send(TestKeys.token()));
    assertThat(send(other).statusCode()).isEqualTo(200);
    auth.tenant("acme", true);
    auth.change(Map.of("kind", "tenant", "tenant", "acme"));
    refusedSoon(other);
    refused(send(TestKeys.tenantToken(OTHER, _ -> {})));
    // and back
    auth.tenant("acme", false);
    auth.change(Map.of("kind", "tenant", "tenant", "acme"));
    Awaitility.await().until(() -> send(other).statusCode() == 200);
  }

  @Test
  void keepsNothingForARevokedClientThatDoesNotRead() throws Exception {
    TestStream events = new TestStream();
    upstream.answer(events::serve);
    String token = TestKeys.tenantToken(KEY, _ -> {});
    try (RawClient stream = stream(token)) {
      stream.head();
      events.writeUntilUnread(gateway, "data:" + "x".repeat(8_000) + "\n\n");
      auth.revoke(TestKeys.ref("backend-1", token));
      // long before it would be taken for gone
      Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
    }
  }

  @Test
  void endsStreamsOfARevokedTokenAndNoOthers() throws Exception {
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    String token = TestKeys.tenantToken(KEY, _ -> {});
    try (RawClient stream = stream(token);
        RawClient twin = stream(TestKeys.twin(token));
        RawClient other = stream(TestKeys.tenantToken(KEY, _ -> {}))) {
      stream.head();
      twin.head();
      other.head();
      auth.revoke(TestKeys.ref("backend-1", token));
      assertThat(stream.body()).isEqualTo(END);
      assertThat(twin.body()).isEqualTo(END);
      notBefore(Instant.now().getEpochSecond() + 5, Map.of("tenant", "acme", "user", "anna"));
      assertThat(other.body()).isEqualTo(END);
    }
  }

  /// What is written after the revocation is not told.
  @Test
  void endsLongPollsOfARevokedTokenAndNoOthers() throws Exception {
    Sinks.One<String> event = Sinks.one();
    upstream.answer((_, response) -> response.sendString(event.asMono()));
    String token = TestKeys.tenantToken(KEY, _ -> {});
    try (RawClient poll = poll(token);
        RawClient other = poll(TestKeys.tenantToken(KEY, _ -> {}))) {
      Awaitility.await().until(() -> upstream.seen().size() == 2);
      auth.revoke(TestKeys.ref("backend-1", token));
      assertThat(poll.head()).startsWith("HTTP/1.1 401 ").contains("error=\"invalid_token\"");
      event.tryEmitValue("[]").orThrow();
      assertThat(other.head()).startsWith("HTTP/1.1 200 ");
    }
  }

  private RawClient poll(String token) throws IOException {
    return RawClient.get(gateway, "/chat/v1/poll?live=long-poll", "Authorization: Bearer " + token);
  }

  @Test
  void endsStreamsOfADisabledKeyOrTenant() throws Exception {
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    try (RawClient ofKey = stream(TestKeys.tenantToken(KEY, _ -> {}));
        RawClient issued = stream(TestKeys.token());
        RawClient ofTenant = stream(TestKeys.tenantToken(OTHER, _ -> {}))) {
      ofKey.head();
      issued.head();
      ofTenant.head();
      auth.change("backend-1", "disabled", true);
      assertThat(ofKey.body()).isEqualTo(END);
      auth.change("key-1", "disabled", true);
      assertThat(issued.body()).isEqualTo(END);
      auth.tenant("acme", true);
      auth.change(Map.of("kind", "tenant", "tenant", "acme"));
      assertThat(ofTenant.body()).isEqualTo(END);
    }
  }

  /// An end is no change, and nobody tells of it when it comes.
  @Test
  void endsStreamsOfAKeyThatExpires() throws Exception {
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    try (RawClient ofKey = stream(TestKeys.tenantToken(KEY, _ -> {}));
        RawClient issued = stream(TestKeys.token())) {
      ofKey.head();
      issued.head();
      long soon = Instant.now().getEpochSecond() + 2;
      auth.change("backend-1", "expiresAt", soon);
      auth.change("key-1", "expiresAt", soon);
      assertThat(ofKey.body()).isEqualTo(END);
      assertThat(issued.body()).isEqualTo(END);
    }
  }

  /// Nor does a start learn of each end: of much that is alive it asks for nothing.
  @Test
  void noticesTheEndOfAKeyThatWasSetBeforeTheStart() throws Exception {
    gateway.close();
    auth.change("key-1", "expiresAt", Instant.now().getEpochSecond() + 300);
    for (int i = 0; i < 50; i++) {
      auth.revoke("backend-1.made-up-" + i);
    }
    gateway = gateway(Map.of());
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    String seen = TestKeys.token();
    String other = TestKeys.tenantToken(KEY, _ -> {});
    try (RawClient stream = stream(TestKeys.token())) {
      stream.head();
      upstream.reset();
      assertThat(send(seen).statusCode()).isEqualTo(200);
      assertThat(send(other).statusCode()).isEqualTo(200);
      gateway.clock().ahead(Duration.ofSeconds(301));
      // all is looked at every 10 s, which is too late
      Awaitility.await().atMost(Duration.ofSeconds(2)).until(() -> send(seen).statusCode() == 401);
      refused(send(seen));
      assertThat(stream.body()).isEqualTo(END);
      assertThat(send(other).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void endsStreamsOfAReplacedVerificationKeyAndNoOthers() throws Exception {
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    auth.key("key-1", "acme", TestKeys.verification(KEY));
    ECKey next = TestKeys.newKey("backend-1");
    String token = TestKeys.tenantToken(KEY, _ -> {});
    String ref = TestKeys.ref("backend-1", token);
    Map<String, Object> of = Map.of("auth_ref", ref, "auth_key", "backend-1", "auth_jkt", jkt(KEY));
    String target = ticketOf(c -> c.putAll(of));
    String neverUsedHere = ticketOf(c -> c.putAll(of));
    TestStream events = new TestStream();
    try (RawClient former = stream(token);
        RawClient ticket = RawClient.get(gateway, target, "Accept: text/event-stream");
        RawClient other = stream(TestKeys.tenantToken(OTHER, _ -> {}))) {
      former.head();
      ticket.head();
      other.head();
      upstream.answer(events::serve);
      try (RawClient issued = stream(TestKeys.token())) {
        issued.head();
        upstream.answer((request, response) -> new TestStream().serve(request, response));
        // what is not the key itself ends nothing
        auth.change("backend-1", "scope", "chat:read");
        auth.change("backend-1", "verification", TestKeys.verification(KEY));
        applied();
        assertThat(gateway.gauge("plimsoll.gateway.streams")).isEqualTo(4);
        String second = TestKeys.tenantToken(KEY, _ -> {});
        try (RawClient still = stream(second)) {
          still.head();
          auth.change("backend-1", "verification", TestKeys.verification(next));
          assertThat(still.body()).isEqualTo(END);
        }
        assertThat(former.body()).isEqualTo(END);
        assertThat(ticket.body()).isEqualTo(END);
        assertThat(ticket(target)).startsWith("HTTP/1.1 401 ");
        assertThat(ticket(neverUsedHere)).startsWith("HTTP/1.1 401 ");
        String nextThumbprint = jkt(next);
        String renewedTicket =
            ticketOf(
                c -> {
                  c.putAll(of);
                  c.put("auth_jkt", nextThumbprint);
                });
        assertThat(ticket(renewedTicket)).startsWith("HTTP/1.1 200 ");
        try (RawClient renewed = stream(TestKeys.tenantToken(next, _ -> {}))) {
          renewed.head();
          // an issued token is auth-service's, whatever its API key verifies with
          auth.change("key-1", "verification", TestKeys.verification(next));
          auth.removeVerification("backend-1");
          assertThat(renewed.body()).isEqualTo(END);
        }
        events.write("data:1\n\n");
        assertThat(issued.chunk()).isNotNull();
      }
    }
  }

  /// Every change so far has been applied.
  private void applied() {
    int number = auth.number();
    Awaitility.await().until(() -> auth.seen().getLast().contains("after=" + number + "&"));
  }

  @Test
  void aTicketEndsWithItsToken() throws Exception {
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    String token = TestKeys.tenantToken(KEY, _ -> {});
    String ref = TestKeys.ref("backend-1", token);
    String target = PATH + "?ticket=" + TestKeys.ticket(PATH, c -> c.put("auth_ref", ref));
    try (RawClient stream = RawClient.get(gateway, target, "Accept: text/event-stream")) {
      stream.head();
      auth.revoke(ref);
      assertThat(stream.body()).isEqualTo(END);
    }
    assertThat(ticket(target)).startsWith("HTTP/1.1 401 ");
  }

  @Test
  void aTicketIsRevokedAloneToo() throws Exception {
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    String one = TestKeys.ticket(PATH, _ -> {});
    String two = TestKeys.ticket(PATH, _ -> {});
    try (RawClient stream =
        RawClient.get(gateway, PATH + "?ticket=" + one, "Accept: text/event-stream")) {
      stream.head();
      auth.revoke(TestKeys.ref("auth-1", one));
      assertThat(stream.body()).isEqualTo(END);
    }
    assertThat(ticket(PATH + "?ticket=" + one)).startsWith("HTTP/1.1 401 ");
    assertThat(ticket(PATH + "?ticket=" + two)).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aTicketIsAsOldAsItsToken() throws Exception {
    long now = Instant.now().getEpochSecond();
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    String key = TestKeys.ticket(PATH, c -> c.put("auth_ref", "backend-1.x"));
    String old = ticketOf(c -> c.putAll(Map.of("auth_iat", now - 100, "auth_key", "key-1")));
    String fresh = ticketOf(c -> c.putAll(Map.of("auth_iat", now, "auth_key", "key-1")));
    notBefore(now - 50, Map.of("tenant", "acme", "user", "anna"));
    Awaitility.await().until(() -> ticket(old).startsWith("HTTP/1.1 401 "));
    assertThat(ticket(fresh)).startsWith("HTTP/1.1 200 ");
    // the key is named by auth_ref where the ticket does not say
    auth.change("backend-1", "disabled", true);
    Awaitility.await().until(() -> send(TestKeys.tenantToken(KEY, _ -> {})).statusCode() == 401);
    assertThat(ticket(PATH + "?ticket=" + key)).startsWith("HTTP/1.1 401 ");
  }

  private static String jkt(ECKey key) throws JOSEException {
    return key.computeThumbprint().toString();
  }

  private static String ticketOf(Consumer<Map<String, Object>> spoil) {
    return PATH + "?ticket=" + TestKeys.ticket(PATH, spoil);
  }

  @Test
  void readsAllThatIsAliveBeforeItIsReady() throws Exception {
    gateway.close();
    String token = TestKeys.tenantToken(KEY, _ -> {});
    auth.revoke(TestKeys.ref("backend-1", token));
    for (int i = 0; i < 2_500; i++) {
      auth.revoke("backend-1.made-up-" + i);
    }
    auth.away(true);
    gateway = gateway(Map.of("test.unready", "true"));
    assertThat(TestGateway.HTTP.send(gateway.probe(), BodyHandlers.discarding()).statusCode())
        .isEqualTo(503);
    RequestTests.problem(send(token), 503, "revocations-unavailable");
    auth.away(false);
    Awaitility.await()
        .until(
            () ->
                TestGateway.HTTP.send(gateway.probe(), BodyHandlers.discarding()).statusCode()
                    == 200);
    refused(send(token));
    assertThat(auth.seen()).contains("/internal/v1/changes?after=0&limit=1000");
  }

  @Test
  void admitsNobodyNewWhenAuthServiceIsAwayTooLongAndKeepsStreams() throws Exception {
    gateway.close();
    gateway = gateway(Map.of("plimsoll.gateway.revocation.max-staleness", "1s"));
    TestStream events = new TestStream();
    String token = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(token).statusCode()).isEqualTo(200);
    upstream.answer(events::serve);
    try (RawClient stream = stream(token)) {
      stream.head();
      upstream.reset();
      auth.away(true);
      Awaitility.await().until(() -> send(token).statusCode() == 503);
      HttpResponse<String> refused = send(token);
      RequestTests.problem(refused, 503, "revocations-unavailable");
      assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
      events.write("data:1\n\n");
      assertThat(stream.chunk()).isNotNull();
      auth.away(false);
      Awaitility.await().until(() -> send(token).statusCode() == 200);
    }
  }

  @Test
  void noticesARestoredBackupThatHasOvertakenItsNumber() throws Exception {
    upstream.answer((request, response) -> new TestStream().serve(request, response));
    String known = TestKeys.tenantToken(KEY, _ -> {});
    int backup = auth.number();
    ECKey young = TestKeys.newKey("backend-3");
    auth.key("backend-3", "acme", TestKeys.verification(young));
    auth.change(Map.of("kind", "key", "keyId", "backend-3"));
    auth.revoke(TestKeys.ref("backend-1", known));
    String ofYoung = TestKeys.tenantToken(young, _ -> {});
    String overtaken = TestKeys.tenantToken(KEY, _ -> {});
    String write = TestKeys.tenantToken(KEY, c -> c.put("scope", "chat:write"));
    refusedSoon(known);
    try (RawClient stream = stream(ofYoung)) {
      stream.head();
      upstream.reset();
      assertThat(send(overtaken).statusCode()).isEqualTo(200);
      assertThat(send(write).statusCode()).isEqualTo(200);
      auth.away(true);
      auth.restore(backup);
      // what the backup does not know, and says nothing of
      auth.removeKey("backend-3");
      auth.key("backend-1", "acme", TestKeys.verification(KEY), "chat:read");
      auth.revoke(TestKeys.ref("backend-1", overtaken));
      for (int i = 0; i < 5; i++) {
        auth.revoke("backend-1.made-up-" + i);
      }
      auth.away(false);
      assertThat(stream.body()).isEqualTo(END);
    }
    refusedSoon(overtaken);
    refused(send(known));
    RequestTests.problem(send(ofYoung), 401, "unknown-key");
    RequestTests.problem(send(write), 401, "reserved-claim");
    Awaitility.await()
        .until(
            () -> auth.seen().getLast().contains("after=" + auth.number() + "&limit=1000&mark="));
  }

  @Test
  void readsEveryPageAgainAfterARestoredBackup() throws Exception {
    String overtaken = TestKeys.tenantToken(KEY, _ -> {});
    int backup = auth.number();
    for (int i = 0; i < 10; i++) {
      auth.revoke("backend-1.before-" + i);
    }
    assertThat(send(overtaken).statusCode()).isEqualTo(200);
    int number = auth.number();
    Awaitility.await().until(() -> auth.seen().getLast().contains("after=" + number + "&"));
    auth.away(true);
    auth.restore(backup);
    for (int i = 0; i < 2_500; i++) {
      auth.revoke("backend-1.after-" + i);
    }
    auth.revoke(TestKeys.ref("backend-1", overtaken));
    auth.away(false);
    refusedSoon(overtaken);
    assertThat(gateway.gauge("plimsoll.gateway.revocations")).isEqualTo(2_511);
  }

  @Test
  void startsAgainFromZeroAfterARestoredBackupAndKeepsWhatItKnows() throws Exception {
    gateway.close();
    auth.giveNoMarks();
    gateway = gateway(Map.of());
    String first = TestKeys.tenantToken(KEY, _ -> {});
    String second = TestKeys.tenantToken(KEY, _ -> {});
    int before = auth.number();
    auth.revoke(TestKeys.ref("backend-1", first));
    auth.revoke("backend-1.x");
    auth.revoke("backend-1.y");
    refusedSoon(first);
    Awaitility.await().until(() -> auth.seen().getLast().contains("after=" + auth.number() + "&"));
    auth.restore(before);
    assertThat(send(second).statusCode()).isEqualTo(200);
    auth.revoke(TestKeys.ref("backend-1", second));
    refusedSoon(second);
    refused(send(first));
  }

  @Test
  void hearsOfItOnRedisBeforeItsNextPollAndLivesWithoutRedis() throws Exception {
    gateway.close();
    int port = freePort();
    RedisServer redis =
        RedisServer.builder().port(port).setting("bind 127.0.0.1").setting("save \"\"").build();
    redis.start();
    RedisClient client = RedisClient.create("redis://127.0.0.1:" + port);
    try (var connection = client.connect()) {
      gateway =
          gateway(
              Map.of(
                  "plimsoll.gateway.revocation.poll",
                  "1h",
                  "plimsoll.gateway.revocation.redis",
                  "redis://127.0.0.1:" + port));
      Awaitility.await()
          .until(() -> !connection.sync().pubsubChannels("plimsoll:auth:changes").isEmpty());
      String token = TestKeys.tenantToken(KEY, _ -> {});
      assertThat(send(token).statusCode()).isEqualTo(200);
      auth.revoke(TestKeys.ref("backend-1", token));
      connection.sync().publish("plimsoll:auth:changes", "nonsense");
      connection.sync().publish("plimsoll:auth:changes", "" + auth.number());
      refusedSoon(token);
    } finally {
      client.shutdown();
      redis.stop();
    }
    gateway.close();
    gateway = gateway(Map.of("plimsoll.gateway.revocation.redis", "redis://127.0.0.1:" + port));
    String token = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(token).statusCode()).isEqualTo(200);
    auth.revoke(TestKeys.ref("backend-1", token));
    refusedSoon(token);
  }

  private void notBefore(long at, Map<String, Object> of) {
    Map<String, Object> change = new HashMap<>(of);
    change.putAll(Map.of("kind", "not-before", "notBefore", at, "until", LATER));
    auth.change(change);
  }

  private RawClient stream(String token) throws IOException {
    return RawClient.get(
        gateway, PATH, "Accept: text/event-stream", "Authorization: Bearer " + token);
  }

  private HttpResponse<String> send(String token) throws Exception {
    return TestGateway.HTTP.send(
        gateway.request("/chat/v1").header("Authorization", "Bearer " + token).build(),
        BodyHandlers.ofString());
  }

  /// The head of the answer to a ticket: one that is admitted has no end.
  private String ticket(String target) throws IOException {
    try (RawClient client = RawClient.get(gateway, target, "Accept: text/event-stream")) {
      return client.head();
    }
  }

  private void refusedSoon(String token) {
    Awaitility.await().until(() -> send(token).statusCode() == 401);
    try {
      refused(send(token));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void refused(HttpResponse<String> response) {
    RequestTests.problem(response, 401, "revoked");
    assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
        .contains("error=\"invalid_token\"");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
