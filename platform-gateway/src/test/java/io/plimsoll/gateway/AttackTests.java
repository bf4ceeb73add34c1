package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.nimbusds.jose.jwk.ECKey;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Attacks with tokens that a tenant's backend could have signed, and with tickets: each is perfect
/// but for what its name says, so nothing else can have refused it. [TokenTests] does the same with
/// auth-service's own.
class AttackTests {

  private static final String PATH = "/chat/v1/rooms/r1/events";
  private static final ECKey KEY = TestKeys.newKey("backend-1");
  private static final ECKey EVIL = TestKeys.newKey("evil-1");

  private static final TestUpstream upstream = new TestUpstream();
  private static final TestAuth auth = auth();
  private static final TestGateway gateway =
      new TestGateway(
          upstream.url(),
          Map.of(
              "plimsoll.gateway.auth-internal",
              auth.url(),
              "plimsoll.gateway.allowed-origins",
              "https://app.example,https://b.example"));

  private static TestAuth auth() {
    TestAuth auth = new TestAuth();
    auth.tenant("evil", false);
    auth.key("backend-1", "acme", TestKeys.verification(KEY));
    auth.key("evil-1", "evil", TestKeys.verification(EVIL));
    auth.key("disabled-1", "acme", TestKeys.verification(TestKeys.newKey("disabled-1")));
    auth.change("disabled-1", "disabled", true);
    return auth;
  }

  @AfterAll
  static void stop() {
    gateway.close();
    auth.close();
    upstream.close();
  }

  @BeforeEach
  void reset() {
    upstream.reset();
  }

  @BeforeAll
  static void aPerfectTokenPasses() throws Exception {
    assertThat(send(bearer(TestKeys.tenantToken(KEY, _ -> {}))).statusCode()).isEqualTo(200);
    for (String typ : List.of("JWT", "at+jwt")) {
      assertThat(send(bearer(header(h -> h.put("typ", typ)))).statusCode()).isEqualTo(200);
    }
    assertThat(send(bearer(header(h -> h.remove("typ")))).statusCode()).isEqualTo(200);
    assertThat(send(bearer(claims(c -> c.put("scope", "chat:read")))).statusCode()).isEqualTo(200);
    assertThat(send(bearer(claims(c -> c.put("sub", "...")))).statusCode()).isEqualTo(200);
    assertThat(send(bearer(claims(c -> c.put("sub", ".a")))).statusCode()).isEqualTo(200);
  }

  static Stream<Arguments> tokens() {
    long now = Instant.now().getEpochSecond();
    String good = TestKeys.tenantToken(KEY, _ -> {});
    String[] parts = good.split("\\.", -1);
    String header = TestKeys.json(TestKeys.tenantHeader("ES256", "backend-1"));
    String claims = TestKeys.json(TestKeys.tenantClaims("backend-1"));
    return Stream.of(
        // the algorithm
        arguments("alg none", none(""), "malformed"),
        arguments("alg none, signed", header(h -> h.put("alg", "none")), "malformed"),
        arguments("alg nOnE", header(h -> h.put("alg", "nOnE")), "malformed"),
        arguments("HS256 over the public key's PEM", confused(), "malformed"),
        arguments("alg EdDSA over an EC key", header(h -> h.put("alg", "EdDSA")), "malformed"),
        arguments("alg ES384", header(h -> h.put("alg", "ES384")), "malformed"),
        // the key
        arguments("kid as a path", kid("../../../dev/null"), "wrong-issuer"),
        arguments("kid as SQL", kid("x' OR '1'='1"), "wrong-issuer"),
        arguments("kid as a URL", kid("http://127.0.0.1:1/key"), "wrong-issuer"),
        arguments("kid with a line end", kid("backend-1\r\nX: y"), "wrong-issuer"),
        arguments("kid of 129 characters", kid("k".repeat(129)), "wrong-issuer"),
        arguments("kid as a dot segment", kid("."), "wrong-issuer"),
        arguments("kid as two dots", kid(".."), "wrong-issuer"),
        arguments("an unknown kid", kid("backend-9"), "unknown-key"),
        arguments("a key that signs nothing", kid("key-1"), "unknown-key"),
        arguments("kid of another than iss", header(h -> h.put("kid", "evil-1")), "wrong-issuer"),
        arguments("iss of another than kid", claims(c -> c.put("iss", "evil-1")), "wrong-issuer"),
        arguments(
            "a tenant's key as auth-service's",
            claims(c -> c.put("iss", TestKeys.ISSUER)),
            "malformed"),
        arguments(
            "a tenant's kid and auth-service's issuer",
            signed(
                KEY,
                TestKeys.json(typed("at+jwt", "backend-1")),
                TestKeys.json(withIssuer(TestKeys.claims(), TestKeys.ISSUER))),
            "unknown-key"),
        arguments(
            "auth-service's kid and itself as issuer",
            signed(
                TestKeys.AUTH,
                TestKeys.json(typed("JWT", "auth-1")),
                TestKeys.json(TestKeys.tenantClaims("auth-1"))),
            "unknown-key"),
        arguments("the key of another tenant", signed(EVIL, header, claims), "bad-signature"),
        arguments("a disabled key", kid("disabled-1"), "revoked"),
        // the header
        arguments("crit", header(h -> h.put("crit", List.of("exp"))), "malformed"),
        arguments("jwk", header(h -> h.put("jwk", EVIL.toPublicJWK().toJSONObject())), "malformed"),
        arguments("jku", header(h -> h.put("jku", "http://127.0.0.1:1/keys")), "malformed"),
        arguments("x5u", header(h -> h.put("x5u", "http://127.0.0.1:1/keys")), "malformed"),
        arguments("x5c", header(h -> h.put("x5c", List.of("MII="))), "malformed"),
        arguments("b64", header(h -> h.put("b64", false)), "malformed"),
        arguments("typ no text", header(h -> h.put("typ", List.of("JWT"))), "malformed"),
        arguments(
            "an internal token", header(h -> h.put("typ", "plimsoll-internal+jwt")), "malformed"),
        arguments("a ticket's typ", header(h -> h.put("typ", "plimsoll-ticket+jwt")), "malformed"),
        arguments(
            "alg twice",
            signed(KEY, "{\"alg\":\"none\"," + header.substring(1), claims),
            "malformed"),
        arguments(
            "kid twice",
            signed(KEY, "{\"kid\":\"evil-1\"," + header.substring(1), claims),
            "malformed"),
        arguments(
            "alg twice, once escaped",
            signed(KEY, "{\"\\u0061lg\":\"none\"," + header.substring(1), claims),
            "malformed"),
        arguments(
            "sub twice",
            signed(KEY, header, "{\"sub\":\"root\"," + claims.substring(1)),
            "malformed"),
        // times
        arguments(
            "expired", claims(c -> c.putAll(Map.of("iat", now - 90, "exp", now - 1))), "expired"),
        arguments("no exp", claims(c -> c.remove("exp")), "malformed"),
        arguments("exp as text", claims(c -> c.put("exp", "9999999999")), "malformed"),
        arguments("exp as a fraction", claims(c -> c.put("exp", now + 60.5)), "malformed"),
        arguments("exp with an exponent", exponent(header), "malformed"),
        arguments("no iat", claims(c -> c.remove("iat")), "malformed"),
        arguments(
            "issued in the future",
            claims(c -> c.putAll(Map.of("iat", now + 90, "exp", now + 600))),
            "not-yet"),
        arguments("nbf in the future", claims(c -> c.put("nbf", now + 90)), "not-yet"),
        arguments("nbf as text", claims(c -> c.put("nbf", "0")), "malformed"),
        arguments("over-long", claims(c -> c.put("exp", now + 86_400 + 60)), "too-long"),
        // for whom, and from whom
        arguments("wrong audience", claims(c -> c.put("aud", "chat")), "wrong-audience"),
        arguments("no audience", claims(c -> c.remove("aud")), "wrong-audience"),
        arguments(
            "other audiences",
            claims(c -> c.put("aud", List.of("chat", "auth"))),
            "wrong-audience"),
        arguments(
            "wrong issuer", claims(c -> c.put("iss", "https://evil.example")), "wrong-issuer"),
        arguments("no issuer", claims(c -> c.remove("iss")), "wrong-issuer"),
        arguments(
            "issuer no text", claims(c -> c.put("iss", List.of("backend-1"))), "wrong-issuer"),
        // who, and what he may do
        arguments("no sub", claims(c -> c.remove("sub")), "malformed"),
        arguments("sub with a slash", claims(c -> c.put("sub", "a/b")), "malformed"),
        arguments("sub as a dot segment", claims(c -> c.put("sub", ".")), "malformed"),
        arguments("sub as two dots", claims(c -> c.put("sub", "..")), "malformed"),
        arguments("sub of 129 characters", claims(c -> c.put("sub", "a".repeat(129))), "malformed"),
        arguments("tenant", claims(c -> c.put("tenant", "acme")), "reserved-claim"),
        arguments("another tenant", claims(c -> c.put("tenant", "evil")), "reserved-claim"),
        arguments(
            "plimsoll_actor", claims(c -> c.put("plimsoll_actor", "tenant")), "reserved-claim"),
        arguments("plimsoll_anything", claims(c -> c.put("plimsoll_x", 1)), "reserved-claim"),
        arguments(
            "administration",
            claims(c -> c.put("scope", "chat:read chat:admin")),
            "reserved-claim"),
        arguments(
            "more than the key may give",
            claims(c -> c.put("scope", "auth:read")),
            "reserved-claim"),
        arguments(
            "scope as a list", claims(c -> c.put("scope", List.of("chat:read"))), "malformed"),
        arguments("scope of no form", claims(c -> c.put("scope", "chat:*")), "malformed"),
        // the spelling
        arguments("cut after the header", parts[0], "malformed"),
        arguments("cut before the signature", parts[0] + "." + parts[1], "malformed"),
        arguments("cut in the signature", good.substring(0, good.length() - 4), "malformed"),
        arguments("cut by one character", good.substring(0, good.length() - 1), "malformed"),
        arguments("over 8 KiB", claims(c -> c.put("more", "x".repeat(7_000))), "malformed"),
        arguments("padding", good + "==", "malformed"),
        arguments("a spare bit set", spareBit(good), "malformed"),
        arguments(
            "a line end in the middle", parts[0] + "%0A." + parts[1] + "." + parts[2], "malformed"),
        arguments("plain base64", good.replace('_', '/').replace('-', '+') + "+", "malformed"),
        arguments("JSON in UTF-16", of(header, claims, StandardCharsets.UTF_16LE), "malformed"),
        arguments(
            "a byte that is no UTF-8",
            of(
                header,
                claims.replaceFirst("\\{", "{\"more\":\"\u00e9\","),
                StandardCharsets.ISO_8859_1),
            "malformed"),
        arguments("a signature in DER", der(parts), "malformed"),
        arguments(
            "a zero signature", parts[0] + "." + parts[1] + "." + "A".repeat(86), "bad-signature"),
        arguments(
            "another's payload",
            parts[0] + "." + TestKeys.encode(claims) + "." + parts[2],
            "bad-signature"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tokens")
  void refuses(String name, String token, String cause) throws Exception {
    double before = gateway.internalTokens();
    HttpResponse<String> response = send(bearer(token));
    RequestTests.problem(response, 401, cause);
    assertThat(gateway.internalTokens()).isEqualTo(before);
    assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
        .startsWith("Bearer realm=\"plimsoll\", error=\"invalid_token\"");
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void refusesATokenOfAMebibyteUnread() throws Exception {
    try (RawClient client =
        RawClient.get(
            gateway,
            "/chat/v1",
            "Authorization: Bearer " + "x".repeat(1024 * 1024),
            "Connection: close")) {
      assertThat(client.rest()).matches("(?s)HTTP/1.1 4(31|13) .*");
    } catch (SocketException e) {
      // closed while the rest was on its way, as it should be
    }
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void refusesTheTwinOfARevokedToken() throws Exception {
    String token = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(bearer(token)).statusCode()).isEqualTo(200);
    auth.revoke(TestKeys.ref("backend-1", token));
    Awaitility.await().until(() -> send(bearer(token)).statusCode() == 401);
    upstream.reset();
    RequestTests.problem(send(bearer(TestKeys.twin(token))), 401, "revoked");
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void aTenantsTokenNamesItsOwnTenantWhateverHeadersSay() throws Exception {
    assertThat(
            send(bearer(TestKeys.tenantToken(EVIL, _ -> {}))
                    .header("X-Plimsoll-Tenant", "acme")
                    .header("X_Plimsoll_User", "root")
                    .header("X-Forwarded-User", "root"))
                .statusCode())
        .isEqualTo(200);
    var headers = upstream.seen().getFirst().headers();
    assertThat(headers.contains("X-Plimsoll-Tenant")).isFalse();
    assertThat(headers.contains("X_Plimsoll_User")).isFalse();
    assertThat(headers.contains("X-Forwarded-User")).isFalse();
    String inside =
        new String(
            Base64.getUrlDecoder().decode(headers.get("Authorization").split("\\.", -1)[1]),
            StandardCharsets.UTF_8);
    assertThat(inside).contains("\"tenant\":\"evil\"").doesNotContain("acme");
  }

  static Stream<Arguments> tickets() {
    Consumer<Map<String, Object>> bound = c -> c.put("origin", "https://app.example");
    String ticket = TestKeys.ticket(PATH, bound);
    String revoked = TestKeys.ticket(PATH, c -> c.put("auth_ref", "auth-1.gone"));
    String target = PATH + "?ticket=" + ticket;
    return Stream.of(
        arguments(
            "another path", events("/chat/v1/rooms/r2/events?ticket=" + ticket), "ticket-misused"),
        arguments("a longer path", events(PATH + "/x?ticket=" + ticket), "ticket-misused"),
        arguments(
            "another method",
            events(target).method("PUT", HttpRequest.BodyPublishers.noBody()),
            "ticket-misused"),
        arguments("not as a stream", gateway.request(target), "ticket-misused"),
        arguments(
            "another origin",
            events(target).header("Origin", "https://b.example"),
            "ticket-misused"),
        arguments("after its token's revocation", events(PATH + "?ticket=" + revoked), "revoked"),
        arguments(
            "signed by a tenant",
            events(
                PATH
                    + "?ticket="
                    + signed(
                        KEY,
                        TestKeys.json(typed("plimsoll-ticket+jwt", "backend-1")),
                        TestKeys.json(TestKeys.tenantClaims("backend-1")))),
            "wrong-issuer"),
        arguments("a token", events(PATH + "?ticket=" + TestKeys.token()), "malformed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tickets")
  void refusesATicket(String name, HttpRequest.Builder request, String cause) throws Exception {
    auth.revoke("auth-1.gone");
    int number = auth.number();
    Awaitility.await()
        .until(() -> auth.seen().stream().anyMatch(uri -> uri.startsWith(after(number))));
    double before = gateway.internalTokens();
    RequestTests.problem(send(request), 401, cause);
    assertThat(gateway.internalTokens()).isEqualTo(before);
    assertThat(upstream.seen()).isEmpty();
  }

  private static String after(int number) {
    return "/internal/v1/changes?after=" + number + "&limit=1000";
  }

  /// From one address, at the bounds' defaults.
  @Test
  void servesGoodTokensThroughAFloodInConstantMemory() throws Exception {
    try (TestGateway bounded =
        new TestGateway(
            upstream.url(),
            Map.of(
                "plimsoll.gateway.auth-internal", auth.url(),
                "plimsoll.gateway.tokens.first.address-rate", "50",
                "plimsoll.gateway.tokens.first.address-burst", "200",
                "plimsoll.gateway.tokens.first.unknown-burst", "20"))) {
      String good = TestKeys.tenantToken(KEY, _ -> {});
      assertThat(send(authorize(bounded, good)).statusCode()).isEqualTo(200);
      ECKey forger = TestKeys.newKey("backend-1");
      Semaphore room = new Semaphore(50);
      Map<Integer, Integer> answers = new ConcurrentHashMap<>();
      CompletableFuture<?>[] flood = new CompletableFuture<?>[2_000];
      String template = TestKeys.tenantToken(forger, _ -> {});
      for (int i = 0; i < flood.length; i++) {
        // signing them all would take longer than refusing them
        String bad = i % 2 == 0 ? withSignature(template, i) : withKid(forger, "made-up-" + i);
        room.acquire();
        flood[i] =
            TestGateway.HTTP
                .sendAsync(authorize(bounded, bad).build(), BodyHandlers.ofString())
                .whenComplete((_, _) -> room.release())
                .thenAccept(response -> answers.merge(response.statusCode(), 1, Integer::sum));
        if (i % 100 == 0) {
          assertThat(send(authorize(bounded, good)).statusCode()).isEqualTo(200);
        }
      }
      CompletableFuture.allOf(flood).join();
      assertThat(answers.keySet()).isSubsetOf(401, 429);
      assertThat(answers.get(429)).isGreaterThan(1_500);
      // the address has its share again after a while
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  send(authorize(bounded, TestKeys.tenantToken(KEY, _ -> {}))).statusCode() == 200);
    }
  }

  /// From many addresses, so that no bound of an address holds any of it off.
  @Test
  void holdsNothingOfAFloodOfBadSignaturesAndUnknownKeys() throws Exception {
    try (TestGateway flooded =
        new TestGateway(
            upstream.url(),
            Map.of(
                "plimsoll.gateway.auth-internal", auth.url(),
                "plimsoll.gateway.trusted-proxies", "127.0.0.0/8",
                "plimsoll.gateway.tokens.first.key-rate", "1000000",
                "plimsoll.gateway.tokens.cache", "1MB",
                "plimsoll.gateway.internal-cache", "1MB",
                "plimsoll.gateway.keys.cache", "256KB",
                "logging.level.access", "off"))) {
      String good = TestKeys.tenantToken(KEY, _ -> {});
      assertThat(send(authorize(flooded, good)).statusCode()).isEqualTo(200);
      double tokens = flooded.gauge("plimsoll.gateway.cache.bytes", "cache", "tokens");
      double internal = flooded.gauge("plimsoll.gateway.cache.bytes", "cache", "internal");
      ECKey forger = TestKeys.newKey("backend-1");
      String template = TestKeys.tenantToken(forger, _ -> {});
      Semaphore room = new Semaphore(100);
      Map<Integer, Integer> answers = new ConcurrentHashMap<>();
      CompletableFuture<?>[] flood = new CompletableFuture<?>[40_000];
      int fresh = 0;
      for (int i = 0; i < flood.length; i++) {
        String bad = i % 2 == 0 ? withSignature(template, i) : withKid(forger, "made-up-" + i);
        String address = "10.0." + (i >> 8) + "." + (i & 255);
        room.acquire();
        flood[i] =
            TestGateway.HTTP
                .sendAsync(
                    authorize(flooded, bad).header("X-Forwarded-For", address).build(),
                    BodyHandlers.ofString())
                .whenComplete((_, _) -> room.release())
                .thenAccept(response -> answers.merge(response.statusCode(), 1, Integer::sum));
        if (i % 1_000 == 0) {
          assertThat(send(authorize(flooded, good)).statusCode()).isEqualTo(200);
          String unseen = TestKeys.tenantToken(KEY, _ -> {});
          assertThat(send(authorize(flooded, unseen)).statusCode()).isEqualTo(200);
          fresh++;
        }
      }
      CompletableFuture.allOf(flood).join();
      // every one was verified, or its key was asked for
      assertThat(answers).isEqualTo(Map.of(401, flood.length));
      // tokens that were refused are not held: each good one takes as much as the first, and one
      // beside whose verification a change was read is not kept
      assertThat(flooded.gauge("plimsoll.gateway.cache.bytes", "cache", "tokens"))
          .isBetween(tokens, (fresh + 1) * tokens);
      assertThat(flooded.gauge("plimsoll.gateway.cache.bytes", "cache", "internal"))
          .isBetween(internal, (fresh + 1) * (internal + 100));
      // that a key is unknown is remembered, within the bound
      assertThat(flooded.gauge("plimsoll.gateway.cache.bytes", "cache", "keys"))
          .isLessThanOrEqualTo(256 * 1024);
      assertThat(flooded.gauge("plimsoll.gateway.cache.bytes", "cache", "tenants"))
          .isLessThanOrEqualTo(256 * 1024);
      // made-up keys have no bucket
      assertThat(flooded.gauge("plimsoll.gateway.buckets", "of", "keys")).isEqualTo(1);
      assertThat(flooded.gauge("plimsoll.gateway.buckets", "of", "addresses"))
          .isLessThanOrEqualTo(100_000);
      assertThat(flooded.gauge("plimsoll.gateway.buckets", "of", "lookups"))
          .isLessThanOrEqualTo(100_000);
      assertThat(flooded.gauge("plimsoll.gateway.workers.queued")).isZero();
      assertThat(flooded.gauge("plimsoll.gateway.revocations")).isLessThan(100);
    }
  }

  private static String withSignature(String token, int number) {
    byte[] signature = new byte[64];
    Arrays.fill(signature, (byte) 7);
    signature[60] = (byte) (number >> 8);
    signature[61] = (byte) number;
    return token.substring(0, token.lastIndexOf('.') + 1) + TestKeys.encode(signature);
  }

  private static String withKid(ECKey key, String kid) {
    return withSignature(
        TestKeys.encode(TestKeys.json(TestKeys.tenantHeader("ES256", kid)))
            + "."
            + TestKeys.encode(TestKeys.json(TestKeys.tenantClaims(kid)))
            + ".",
        key.hashCode());
  }

  private static HttpRequest.Builder bearer(String token) {
    return authorize(gateway, token);
  }

  private static HttpRequest.Builder authorize(TestGateway at, String token) {
    return at.request("/chat/v1/rooms").header("Authorization", "Bearer " + token);
  }

  private static HttpRequest.Builder events(String target) {
    return gateway.request(target).header("Accept", "text/event-stream");
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return TestGateway.HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static String claims(Consumer<Map<String, Object>> spoil) {
    return TestKeys.tenantToken(KEY, spoil);
  }

  private static String header(Consumer<Map<String, Object>> spoil) {
    Map<String, Object> header = TestKeys.tenantHeader("ES256", "backend-1");
    spoil.accept(header);
    return signed(KEY, TestKeys.json(header), TestKeys.json(TestKeys.tenantClaims("backend-1")));
  }

  /// `kid` and `iss` alike, else perfect.
  private static String kid(String kid) {
    return signed(
        KEY,
        TestKeys.json(TestKeys.tenantHeader("ES256", kid)),
        TestKeys.json(TestKeys.tenantClaims(kid)));
  }

  private static Map<String, Object> typed(String typ, String kid) {
    Map<String, Object> header = TestKeys.tenantHeader("ES256", kid);
    header.put("typ", typ);
    return header;
  }

  private static Map<String, Object> withIssuer(Map<String, Object> claims, String issuer) {
    Map<String, Object> changed = new LinkedHashMap<>(claims);
    changed.put("iss", issuer);
    return changed;
  }

  private static String signed(ECKey key, String header, String claims) {
    return TestKeys.sign(key, header, claims);
  }

  private static String none(String signature) {
    return TestKeys.encode("{\"alg\":\"none\",\"kid\":\"backend-1\"}")
        + "."
        + TestKeys.encode(TestKeys.json(TestKeys.tenantClaims("backend-1")))
        + "."
        + signature;
  }

  /// What a verifier accepts that takes the algorithm from the token and the key as bytes.
  private static String confused() {
    try {
      String pem =
          "-----BEGIN PUBLIC KEY-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'})
                  .encodeToString(KEY.toECPublicKey().getEncoded())
              + "\n-----END PUBLIC KEY-----\n";
      String signed =
          TestKeys.encode(TestKeys.json(TestKeys.tenantHeader("HS256", "backend-1")))
              + "."
              + TestKeys.encode(TestKeys.json(TestKeys.tenantClaims("backend-1")));
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(pem.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
      return signed
          + "."
          + TestKeys.encode(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String exponent(String header) {
    Map<String, Object> claims = TestKeys.tenantClaims("backend-1");
    return signed(
        KEY,
        header,
        TestKeys.json(claims).replace("" + claims.get("exp"), claims.get("exp") + "e0"));
  }

  /// 64 bytes leave four spare bits in the last character.
  private static String spareBit(String token) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(token.charAt(token.length() - 1));
    return token.substring(0, token.length() - 1) + alphabet.charAt(last + 1);
  }

  private static String of(String header, String claims, Charset charset) {
    String signed = TestKeys.encode(header) + "." + TestKeys.encode(claims.getBytes(charset));
    return signed + "." + TestKeys.signature(KEY, signed);
  }

  private static String der(String[] parts) {
    try {
      Signature es256 = Signature.getInstance("SHA256withECDSA");
      es256.initSign(KEY.toECPrivateKey());
      es256.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
      return parts[0] + "." + parts[1] + "." + TestKeys.encode(es256.sign());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
