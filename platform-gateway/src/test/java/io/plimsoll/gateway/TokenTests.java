package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.nimbusds.jose.jwk.ECKey;
import java.math.BigInteger;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Attacks on access tokens: each is perfect but for one thing.
class TokenTests {

  private static final TestUpstream upstream = new TestUpstream();
  private static final TestGateway gateway = new TestGateway(upstream.url(), Map.of());

  @AfterAll
  static void stop() {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void reset() {
    upstream.reset();
  }

  @Test
  void acceptsAPerfectToken() throws Exception {
    assertThat(send("Bearer " + TestKeys.token()).statusCode()).isEqualTo(200);
    assertThat(send("bearer " + TestKeys.token()).statusCode()).isEqualTo(200);
    assertThat(
            send("Bearer " + TestKeys.token(claims -> claims.put("aud", List.of("plimsoll"))))
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void acceptsTheSameTokenAgainAndNotOneByteMore() throws Exception {
    String token = TestKeys.token();
    assertThat(send("Bearer " + token).statusCode()).isEqualTo(200);
    assertThat(send("Bearer " + token).statusCode()).isEqualTo(200);
    refused(send("Bearer " + token + "="), "malformed");
    refused(send("Bearer  " + token), "malformed");
    refused(send("Bearer " + token + "A"), "malformed");
  }

  static Stream<Arguments> attacks() {
    long now = Instant.now().getEpochSecond();
    String good = TestKeys.token();
    String[] parts = good.split("\\.", -1);
    String header = TestKeys.json(TestKeys.header("at+jwt"));
    String claims = TestKeys.json(TestKeys.claims());
    ECKey foreign = TestKeys.newKey(TestKeys.AUTH.getKeyID());
    return Stream.of(
        arguments("nothing", "Bearer ", "malformed"),
        arguments("two parts", "Bearer " + parts[0] + "." + parts[1], "malformed"),
        arguments("four parts", "Bearer " + good + ".x", "malformed"),
        arguments("empty header", "Bearer ." + parts[1] + "." + parts[2], "malformed"),
        arguments("empty payload", "Bearer " + parts[0] + ".." + parts[2], "malformed"),
        arguments("empty signature", "Bearer " + parts[0] + "." + parts[1] + ".", "malformed"),
        arguments("longer than 8 KiB", token(c -> c.put("more", "x".repeat(7000))), "malformed"),
        arguments("padding", "Bearer " + good + "==", "malformed"),
        arguments("a spare bit set", "Bearer " + spareBit(good), "malformed"),
        arguments(
            "a stray character",
            "Bearer " + parts[0] + "!" + "." + parts[1] + "." + parts[2],
            "malformed"),
        arguments("plain base64", "Bearer " + plainBase64(), "malformed"),
        arguments("a short signature", "Bearer " + signature(parts, 63), "malformed"),
        arguments("a long signature", "Bearer " + signature(parts, 65), "malformed"),
        arguments("a zero signature", "Bearer " + zeroSignature(parts), "bad-signature"),
        arguments("r of the order", "Bearer " + orderSignature(parts), "bad-signature"),
        arguments("a foreign key", raw(foreign, header, claims), "bad-signature"),
        arguments(
            "another payload",
            "Bearer " + parts[0] + "." + TestKeys.encode(claims) + "." + parts[2],
            "bad-signature"),
        arguments("an unknown kid", header(h -> h.put("kid", "auth-2")), "unknown-key"),
        arguments("no kid", header(h -> h.remove("kid")), "malformed"),
        arguments("an empty kid", header(h -> h.put("kid", "")), "malformed"),
        arguments("kid as a path", header(h -> h.put("kid", "../../etc/passwd")), "unknown-key"),
        arguments("alg none", header(h -> h.put("alg", "none")), "malformed"),
        arguments("alg HS256", header(h -> h.put("alg", "HS256")), "malformed"),
        arguments("alg RS256", header(h -> h.put("alg", "RS256")), "malformed"),
        arguments("alg es256", header(h -> h.put("alg", "es256")), "malformed"),
        arguments("no alg", header(h -> h.remove("alg")), "malformed"),
        arguments("typ JWT", header(h -> h.put("typ", "JWT")), "malformed"),
        arguments("no typ", header(h -> h.remove("typ")), "malformed"),
        arguments(
            "an internal token", header(h -> h.put("typ", "plimsoll-internal+jwt")), "malformed"),
        arguments(
            "a ticket as a token",
            "Bearer " + TestKeys.ticket("/chat/v1/rooms", _ -> {}),
            "malformed"),
        arguments("crit", header(h -> h.put("crit", List.of("exp"))), "malformed"),
        arguments(
            "jwk", header(h -> h.put("jwk", foreign.toPublicJWK().toJSONObject())), "malformed"),
        arguments("jku", header(h -> h.put("jku", "http://127.0.0.1:1/keys")), "malformed"),
        arguments("x5u", header(h -> h.put("x5u", "http://127.0.0.1:1/keys")), "malformed"),
        arguments("x5c", header(h -> h.put("x5c", List.of("MII="))), "malformed"),
        arguments("b64", header(h -> h.put("b64", true)), "malformed"),
        arguments(
            "alg twice",
            raw(TestKeys.AUTH, "{\"alg\":\"none\"," + header.substring(1), claims),
            "malformed"),
        arguments(
            "tenant twice",
            raw(TestKeys.AUTH, header, "{\"tenant\":\"evil\"," + claims.substring(1)),
            "malformed"),
        arguments("header no object", raw(TestKeys.AUTH, "[]", claims), "malformed"),
        arguments("header null", raw(TestKeys.AUTH, "null", claims), "malformed"),
        arguments("payload no object", raw(TestKeys.AUTH, header, "\"x\""), "malformed"),
        arguments("two objects", raw(TestKeys.AUTH, header, claims + "{}"), "malformed"),
        arguments("UTF-16", "Bearer " + utf16(), "malformed"),
        arguments(
            "wrong iss", token(c -> c.put("iss", "http://gateway.test/auth/")), "wrong-issuer"),
        arguments("no iss", token(c -> c.remove("iss")), "wrong-issuer"),
        arguments("wrong aud", token(c -> c.put("aud", "chat")), "wrong-audience"),
        arguments("no aud", token(c -> c.remove("aud")), "wrong-audience"),
        arguments(
            "expired", token(c -> c.putAll(Map.of("iat", now - 100, "exp", now - 1))), "expired"),
        arguments("expires now", token(c -> c.put("exp", now - 1)), "expired"),
        arguments("no exp", token(c -> c.remove("exp")), "malformed"),
        arguments("exp as text", token(c -> c.put("exp", "" + (now + 60))), "malformed"),
        arguments("exp as a fraction", token(c -> c.put("exp", now + 60.5)), "malformed"),
        arguments(
            "exp too large",
            token(c -> c.put("exp", new BigInteger("99999999999999999999"))),
            "malformed"),
        arguments("exp negative", token(c -> c.put("exp", -1)), "malformed"),
        arguments("no iat", token(c -> c.remove("iat")), "malformed"),
        arguments(
            "iat ahead",
            token(c -> c.putAll(Map.of("iat", now + 300, "exp", now + 600))),
            "not-yet"),
        arguments("nbf ahead", token(c -> c.put("nbf", now + 300)), "not-yet"),
        arguments("too long", token(c -> c.put("exp", now + 25 * 3600)), "too-long"),
        arguments("no tenant", token(c -> c.remove("tenant")), "malformed"),
        arguments("tenant no text", token(c -> c.put("tenant", List.of("acme"))), "malformed"),
        arguments("no actor", token(c -> c.remove("plimsoll_actor")), "malformed"),
        arguments("another actor", token(c -> c.put("plimsoll_actor", "root")), "malformed"),
        arguments("a user's id with a slash", token(c -> c.put("sub", "a/b")), "malformed"),
        arguments("no scope", token(c -> c.remove("scope")), "malformed"),
        arguments("Basic", "Basic a2V5OnNlY3JldA==", "malformed"),
        arguments("no scheme", good, "malformed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("attacks")
  void refuses(String name, String authorization, String cause) throws Exception {
    double before = gateway.internalTokens();
    refused(send(authorization), cause);
    assertThat(gateway.internalTokens()).isEqualTo(before);
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void refusesARequestWithoutAToken() throws Exception {
    HttpResponse<String> response =
        TestGateway.HTTP.send(gateway.request("/chat/v1/rooms").build(), BodyHandlers.ofString());
    refused(response, "token-missing");
    assertThat(response.headers().firstValue("WWW-Authenticate"))
        .hasValue("Bearer realm=\"plimsoll\"");
  }

  @Test
  void refusesTwoAuthorizations() throws Exception {
    String token = TestKeys.token();
    try (RawClient client =
        RawClient.get(
            gateway,
            "/chat/v1/rooms",
            "Authorization: Bearer " + token,
            "Authorization: Bearer " + token,
            "Connection: close")) {
      assertThat(client.rest())
          .startsWith("HTTP/1.1 401 ")
          .contains("\"type\":\"urn:plimsoll:problem:malformed\"");
    }
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void acceptsTheTwinOfASignatureWhichNamesTheSameToken() throws Exception {
    String token = TestKeys.token();
    assertThat(send("Bearer " + token).statusCode()).isEqualTo(200);
    assertThat(send("Bearer " + TestKeys.twin(token)).statusCode()).isEqualTo(200);
    assertThat(authRef(0)).isEqualTo(authRef(1));
  }

  @Test
  void leavesOutTheUserWhenTheTenantCalls() throws Exception {
    String token =
        TestKeys.token(
            claims -> {
              claims.put("plimsoll_actor", "tenant");
              claims.put("sub", "key-1");
            });
    assertThat(send("Bearer " + token).statusCode()).isEqualTo(200);
    assertThat(inside(0)).contains("\"tenant\":\"acme\"").doesNotContain("\"sub\"");
  }

  @Test
  void theInternalTokenDoesNotOutliveTheCustomers() throws Exception {
    long now = Instant.now().getEpochSecond();
    send("Bearer " + TestKeys.token(claims -> claims.put("exp", now + 120)));
    assertThat(inside(0))
        .contains("\"exp\":" + (now + 120))
        .contains("\"auth_exp\":" + (now + 120));
  }

  private static HttpResponse<String> send(String authorization) throws Exception {
    HttpRequest request =
        gateway.request("/chat/v1/rooms").header("Authorization", authorization).build();
    return TestGateway.HTTP.send(request, BodyHandlers.ofString());
  }

  private static void refused(HttpResponse<String> response, String cause) {
    assertThat(response.body()).contains("\"urn:plimsoll:problem:" + cause + "\"");
    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
        .startsWith("Bearer realm=\"plimsoll\"");
  }

  private static String inside(int request) {
    String token = upstream.seen().get(request).headers().get("Authorization");
    return new String(
        Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]), StandardCharsets.UTF_8);
  }

  private static String authRef(int request) {
    return inside(request).replaceAll(".*\"auth_ref\":\"([^\"]+)\".*", "$1");
  }

  private static String token(Consumer<Map<String, Object>> spoil) {
    return "Bearer " + TestKeys.token(spoil);
  }

  private static String header(Consumer<Map<String, Object>> spoil) {
    Map<String, Object> header = TestKeys.header("at+jwt");
    spoil.accept(header);
    return raw(TestKeys.AUTH, TestKeys.json(header), TestKeys.json(TestKeys.claims()));
  }

  private static String raw(ECKey key, String header, String claims) {
    return "Bearer " + TestKeys.sign(key, header, claims);
  }

  /// 64 bytes leave four spare bits in the last character.
  private static String spareBit(String token) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(token.charAt(token.length() - 1));
    return token.substring(0, token.length() - 1) + alphabet.charAt(last + 1);
  }

  private static String plainBase64() {
    for (; ; ) {
      String token = TestKeys.token();
      if (token.indexOf('-') >= 0 || token.indexOf('_') >= 0) {
        return token.replace('-', '+').replace('_', '/');
      }
    }
  }

  private static String signature(String[] parts, int length) {
    byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
    return parts[0] + "." + parts[1] + "." + TestKeys.encode(Arrays.copyOf(signature, length));
  }

  private static String zeroSignature(String[] parts) {
    return parts[0] + "." + parts[1] + "." + TestKeys.encode(new byte[64]);
  }

  private static String orderSignature(String[] parts) {
    byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
    System.arraycopy(TestKeys.order(), 0, signature, 0, 32);
    return parts[0] + "." + parts[1] + "." + TestKeys.encode(signature);
  }

  private static String utf16() {
    String signed =
        TestKeys.encode(TestKeys.json(TestKeys.header("at+jwt")))
            + "."
            + TestKeys.encode(TestKeys.json(TestKeys.claims()).getBytes(StandardCharsets.UTF_16LE));
    return signed + "." + TestKeys.signature(TestKeys.AUTH, signed);
  }
}
