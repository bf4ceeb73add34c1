package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Tokens that a tenant's own backend signs.
class TenantTokenTests {

  private static final ECKey KEY = TestKeys.newKey("backend-1");
  private static final byte[] WRAPPING = random(32);

  private TestUpstream upstream;
  private TestAuth auth;
  private TestGateway gateway;

  @BeforeEach
  void start() {
    upstream = new TestUpstream();
    auth = new TestAuth();
    auth.key(KEY.getKeyID(), "acme", TestKeys.verification(KEY));
    gateway = gateway(Map.of());
  }

  private TestGateway gateway(Map<String, String> more) {
    Map<String, String> properties =
        new HashMap<>(
            Map.of(
                "plimsoll.gateway.auth-internal",
                auth.url(),
                "plimsoll.gateway.wrapping-keys",
                TestKeys.file(wrappingKeys(Map.of("wrap-1", WRAPPING)))));
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
  void opensWhatTheKeyMayDo() throws Exception {
    String token = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(token).statusCode()).isEqualTo(200);
    assertThat(inside())
        .contains("\"tenant\":\"acme\"")
        .contains("\"sub\":\"anna\"")
        .contains("\"scope\":\"chat:read chat:write\"")
        .contains("\"auth_ref\":\"" + TestKeys.ref("backend-1", token) + "\"")
        .contains("\"auth_key\":\"backend-1\"")
        .contains("\"auth_jkt\":\"" + KEY.computeThumbprint() + "\"");
    assertThat(send(TestKeys.tenantToken(KEY, c -> c.put("scope", "chat:read"))).statusCode())
        .isEqualTo(200);
    assertThat(inside()).contains("\"scope\":\"chat:read\"");
  }

  @Test
  void asksAuthServiceOnceAsTheGatewayItself() throws Exception {
    for (int i = 0; i < 5; i++) {
      assertThat(send(TestKeys.tenantToken(KEY, _ -> {})).statusCode()).isEqualTo(200);
    }
    assertThat(auth.seen()).filteredOn(uri -> uri.contains("/keys/")).hasSize(1);
    assertThat(auth.seen()).filteredOn(uri -> uri.contains("/tenants/")).hasSize(1);
    String own = payload(auth.tokens().getFirst());
    assertThat(own)
        .contains("\"sub\":\"gateway\"", "\"aud\":\"auth\"", "\"iss\":\"plimsoll-gateway\"")
        .doesNotContain("tenant");
  }

  @Test
  void neverGivesAUserAdministration() throws Exception {
    auth.key("backend-1", "acme", TestKeys.verification(KEY));
    auth.change("backend-1", "scope", "chat:read chat:admin");
    assertThat(send(TestKeys.tenantToken(KEY, _ -> {})).statusCode()).isEqualTo(200);
    assertThat(inside()).contains("\"scope\":\"chat:read\"");
    // admin includes write
    assertThat(send(TestKeys.tenantToken(KEY, c -> c.put("scope", "chat:write"))).statusCode())
        .isEqualTo(200);
  }

  @Test
  void verifiesEdDsa() throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    byte[] encoded = pair.getPublic().getEncoded();
    String x = TestKeys.encode(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
    auth.key("ed-1", "acme", Map.of("jwk", Map.of("kty", "OKP", "crv", "Ed25519", "x", x)));
    String signed = unsigned("EdDSA", "ed-1");
    Signature ed25519 = Signature.getInstance("Ed25519");
    ed25519.initSign(pair.getPrivate());
    ed25519.update(signed.getBytes(StandardCharsets.US_ASCII));
    byte[] signature = ed25519.sign();
    assertThat(send(signed + "." + TestKeys.encode(signature)).statusCode()).isEqualTo(200);
    signature[3] ^= 1;
    refused(send(signed + "." + TestKeys.encode(signature)), "bad-signature");
  }

  @Test
  void verifiesASharedSecretThatOnlyGatewaysCanUnwrap() throws Exception {
    byte[] secret = random(32);
    auth.key("shared-1", "acme", wrapped("shared-1", secret));
    String signed = unsigned("HS256", "shared-1");
    assertThat(send(signed + "." + TestKeys.encode(hmac(secret, signed))).statusCode())
        .isEqualTo(200);
    refused(send(signed + "." + TestKeys.encode(hmac(random(32), signed))), "bad-signature");
    // the secret of one key, passed off as another's
    auth.key("shared-2", "evil", wrapped("shared-1", secret));
    String other = unsigned("HS256", "shared-2");
    RequestTests.problem(
        send(other + "." + TestKeys.encode(hmac(secret, other))), 503, "keys-unavailable");
  }

  @Test
  void findsARotatedWrappingKeyAndKeepsWhatItKnewUntilThen() throws Exception {
    byte[] next = random(32);
    byte[] secret = random(32);
    URI file = URI.create(TestKeys.file(wrappingKeys(Map.of("wrap-1", WRAPPING))));
    auth.key("shared-1", "acme", wrapped("shared-1", secret));
    gateway.close();
    gateway =
        gateway(
            Map.of(
                "plimsoll.gateway.wrapping-keys",
                file.toString(),
                "plimsoll.gateway.keys.refresh",
                "50ms"));
    assertThat(send(shared("shared-1", secret)).statusCode()).isEqualTo(200);
    // wrapped anew, which no change tells
    auth.key("shared-1", "acme", wrapped("shared-1", secret, "wrap-2", next));
    int before = lookups("shared-1");
    Awaitility.await()
        .until(
            () -> {
              assertThat(send(shared("shared-1", secret)).statusCode()).isEqualTo(200);
              return lookups("shared-1") > before + 2;
            });
    auth.key("shared-2", "acme", wrapped("shared-2", secret, "wrap-2", next));
    RequestTests.problem(send(shared("shared-2", secret)), 503, "keys-unavailable");
    Files.writeString(Path.of(file), "{ half a file");
    Awaitility.await()
        .until(
            () -> {
              RequestTests.problem(send(shared("shared-2", secret)), 503, "keys-unavailable");
              return lookups("shared-2") > 2;
            });
    Files.writeString(Path.of(file), wrappingKeys(Map.of("wrap-1", WRAPPING, "wrap-2", next)));
    Awaitility.await().until(() -> send(shared("shared-2", secret)).statusCode() == 200);
    assertThat(send(shared("shared-1", secret)).statusCode()).isEqualTo(200);
  }

  @Test
  void refusesNobodyForGoodWhoseKeyCantBeUnwrapped() throws Exception {
    byte[] secret = random(32);
    auth.key("shared-1", "acme", wrapped("shared-1", secret));
    String token = shared("shared-1", secret);
    TestStream stream = new TestStream();
    upstream.answer(stream::serve);
    try (RawClient client =
        RawClient.get(
            gateway,
            "/chat/events",
            "Accept: text/event-stream",
            "Authorization: Bearer " + token)) {
      client.head();
      upstream.answer((_, response) -> response.send());
      // it may be another secret: what was verified before proves nothing now
      auth.key("shared-1", "acme", wrapped("shared-1", secret, "wrap-9", random(32)));
      auth.change(Map.of("kind", "key", "keyId", "shared-1"));
      Awaitility.await().until(() -> send(token).statusCode() != 200);
      RequestTests.problem(send(token), 503, "keys-unavailable");
      RequestTests.problem(send(shared("shared-1", secret)), 503, "keys-unavailable");
      stream.write("data:still here\n\n");
      assertThat(new String(Objects.requireNonNull(client.chunk()), StandardCharsets.UTF_8))
          .isEqualTo("data:still here\n\n");
      auth.change("shared-1", "disabled", true);
      Awaitility.await().until(() -> send(token).statusCode() != 503);
      refused(send(token), "revoked");
      assertThat(client.body()).contains("token_revoked");
    }
  }

  @Test
  void findsAPushedKeyThatWasAskedForBefore() throws Exception {
    ECKey next = TestKeys.newKey("backend-2");
    String token = TestKeys.tenantToken(next, _ -> {});
    refused(send(token), "unknown-key");
    int asked = lookups("backend-2");
    refused(send(token), "unknown-key");
    assertThat(lookups("backend-2")).isEqualTo(asked);
    auth.key("backend-2", "acme", TestKeys.verification(next));
    auth.change(Map.of("kind", "key", "keyId", "backend-2"));
    Awaitility.await().until(() -> send(token).statusCode() == 200);
  }

  @Test
  void goesByTheKeysNewCeilingAtOnce() throws Exception {
    String token = TestKeys.tenantToken(KEY, c -> c.put("scope", "chat:write"));
    String all = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(token).statusCode()).isEqualTo(200);
    assertThat(send(all).statusCode()).isEqualTo(200);
    auth.change("backend-1", "scope", "chat:read");
    Awaitility.await().until(() -> send(token).statusCode() == 401);
    refused(send(token), "reserved-claim");
    assertThat(send(all).statusCode()).isEqualTo(200);
    assertThat(inside()).contains("\"scope\":\"chat:read\"");
  }

  @Test
  void servesKnownKeysAndSaysSoOfUnknownOnesWhileAuthServiceIsAway() throws Exception {
    assertThat(send(TestKeys.tenantToken(KEY, _ -> {})).statusCode()).isEqualTo(200);
    auth.away(true);
    assertThat(send(TestKeys.tenantToken(KEY, _ -> {})).statusCode()).isEqualTo(200);
    ECKey next = TestKeys.newKey("backend-2");
    RequestTests.problem(send(TestKeys.tenantToken(next, _ -> {})), 503, "keys-unavailable");
  }

  @Test
  void refreshesAKeyAheadAndServesItStaleUpToACap() throws Exception {
    gateway.close();
    gateway =
        gateway(
            Map.of(
                "plimsoll.gateway.keys.refresh", "50ms",
                "plimsoll.gateway.keys.max-staleness", "1500ms"));
    assertThat(send(TestKeys.tenantToken(KEY, _ -> {})).statusCode()).isEqualTo(200);
    Awaitility.await()
        .until(
            () -> {
              assertThat(send(TestKeys.tenantToken(KEY, _ -> {})).statusCode()).isEqualTo(200);
              return lookups("backend-1") > 2;
            });
    auth.away(true);
    assertThat(send(TestKeys.tenantToken(KEY, _ -> {})).statusCode()).isEqualTo(200);
    Awaitility.await().until(() -> send(TestKeys.tenantToken(KEY, _ -> {})).statusCode() == 503);
    auth.away(false);
    Awaitility.await().until(() -> send(TestKeys.tenantToken(KEY, _ -> {})).statusCode() == 200);
  }

  @Test
  void noticesAChangeThatNobodyPushed() throws Exception {
    gateway.close();
    gateway = gateway(Map.of("plimsoll.gateway.keys.refresh", "50ms"));
    String token = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(token).statusCode()).isEqualTo(200);
    auth.key("backend-1", "acme", TestKeys.verification(TestKeys.newKey("backend-1")));
    Awaitility.await().until(() -> send(TestKeys.tenantToken(KEY, _ -> {})).statusCode() == 401);
    refused(send(token), "revoked");
    refused(send(TestKeys.tenantToken(KEY, _ -> {})), "bad-signature");
  }

  /// Whoever has one has done nothing wrong, and shares his address with others.
  @Test
  void aTokenThatOutlivedItsKeyCostsItsAddressNoMoreThanANewOne() throws Exception {
    gateway.close();
    gateway =
        gateway(
            Map.of(
                "plimsoll.gateway.tokens.first.address-rate", "1",
                "plimsoll.gateway.tokens.first.address-burst", "9"));
    String token = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(token).statusCode()).isEqualTo(200);
    ECKey next = TestKeys.newKey("backend-1");
    auth.key("backend-1", "acme", TestKeys.verification(next));
    auth.change(Map.of("kind", "key", "keyId", "backend-1"));
    Awaitility.await().until(() -> send(token).statusCode() == 401);
    for (int i = 0; i < 20; i++) {
      refused(send(token), "revoked");
    }
    assertThat(send(TestKeys.tenantToken(next, _ -> {})).statusCode()).isEqualTo(200);
  }

  @Test
  void aFloodOfUnknownKeysIsThrottledWhileGoodTokensAreServed() throws Exception {
    gateway.close();
    gateway =
        gateway(
            Map.of(
                "plimsoll.gateway.tokens.first.unknown-rate", "1",
                "plimsoll.gateway.tokens.first.unknown-burst", "5"));
    String good = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(good).statusCode()).isEqualTo(200);
    List<CompletableFuture<Integer>> flood =
        IntStream.range(0, 100)
            .mapToObj(
                i -> {
                  ECKey madeUp = TestKeys.newKey("made-up-" + i);
                  return TestGateway.HTTP
                      .sendAsync(
                          gateway
                              .request("/chat/v1")
                              .header(
                                  "Authorization",
                                  "Bearer " + TestKeys.tenantToken(madeUp, _ -> {}))
                              .build(),
                          BodyHandlers.ofString())
                      .thenApply(HttpResponse::statusCode);
                })
            .toList();
    assertThat(send(good).statusCode()).isEqualTo(200);
    assertThat(send(TestKeys.tenantToken(KEY, _ -> {})).statusCode()).isEqualTo(200);
    List<Integer> answers = flood.stream().map(CompletableFuture::join).toList();
    assertThat(answers).containsOnly(401, 429);
    assertThat(auth.seen()).filteredOn(uri -> uri.contains("made-up")).hasSizeLessThan(50);
  }

  @Test
  void badSignaturesCostTheirAddressTenfold() throws Exception {
    gateway.close();
    gateway =
        gateway(
            Map.of(
                "plimsoll.gateway.tokens.first.address-rate", "1",
                "plimsoll.gateway.tokens.first.address-burst", "30"));
    String good = TestKeys.tenantToken(KEY, _ -> {});
    assertThat(send(good).statusCode()).isEqualTo(200);
    ECKey forger = TestKeys.newKey("backend-1");
    int refused = 0;
    HttpResponse<String> answer = send(TestKeys.tenantToken(forger, _ -> {}));
    while (answer.statusCode() == 401) {
      refused++;
      answer = send(TestKeys.tenantToken(forger, _ -> {}));
    }
    RequestTests.problem(answer, 429, "rate-limited");
    assertThat(Integer.parseInt(answer.headers().firstValue("Retry-After").orElseThrow()))
        .isBetween(1, 32);
    assertThat(refused).isLessThan(20);
    // what was seen before costs nothing
    assertThat(send(good).statusCode()).isEqualTo(200);
  }

  @Test
  void oneKeyHasNoMoreThanItsShareOfVerifications() throws Exception {
    gateway.close();
    gateway = gateway(Map.of("plimsoll.gateway.tokens.first.key-rate", "1"));
    Awaitility.await()
        .pollInterval(Duration.ofMillis(1))
        .until(() -> send(TestKeys.tenantToken(KEY, _ -> {})).statusCode() == 429);
    ECKey other = TestKeys.newKey("backend-2");
    auth.key("backend-2", "acme", TestKeys.verification(other));
    assertThat(send(TestKeys.tenantToken(other, _ -> {})).statusCode()).isEqualTo(200);
  }

  private int lookups(String key) {
    return (int) auth.seen().stream().filter(uri -> uri.endsWith("/keys/" + key)).count();
  }

  private static String unsigned(String algorithm, String id) {
    return TestKeys.encode(TestKeys.json(TestKeys.tenantHeader(algorithm, id)))
        + "."
        + TestKeys.encode(TestKeys.json(TestKeys.tenantClaims(id)));
  }

  private static String wrappingKeys(Map<String, byte[]> keys) {
    return TestKeys.json(
        Map.of(
            "keys",
            keys.entrySet().stream()
                .map(
                    key ->
                        Map.of(
                            "kty", "oct",
                            "kid", key.getKey(),
                            "k", TestKeys.encode(key.getValue())))
                .toList()));
  }

  /// A token that was signed with a shared secret.
  private static String shared(String id, byte[] secret) throws Exception {
    String signed = unsigned("HS256", id);
    return signed + "." + TestKeys.encode(hmac(secret, signed));
  }

  private static Map<String, Object> wrapped(String keyId, byte[] secret) throws Exception {
    return wrapped(keyId, secret, "wrap-1", WRAPPING);
  }

  private static Map<String, Object> wrapped(
      String keyId, byte[] secret, String wrappedBy, byte[] wrapping) throws Exception {
    byte[] nonce = random(12);
    Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
    gcm.init(
        Cipher.ENCRYPT_MODE, new SecretKeySpec(wrapping, "AES"), new GCMParameterSpec(128, nonce));
    gcm.updateAAD(keyId.getBytes(StandardCharsets.UTF_8));
    byte[] sealed = gcm.doFinal(secret);
    byte[] all = Arrays.copyOf(nonce, nonce.length + sealed.length);
    System.arraycopy(sealed, 0, all, nonce.length, sealed.length);
    return Map.of("secret", TestKeys.encode(all), "wrappedBy", wrappedBy);
  }

  private static byte[] hmac(byte[] secret, String signed) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    return mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  private HttpResponse<String> send(String token) throws Exception {
    return TestGateway.HTTP.send(
        gateway.request("/chat/v1").header("Authorization", "Bearer " + token).build(),
        BodyHandlers.ofString());
  }

  private String inside() {
    return payload(upstream.seen().getLast().headers().get("Authorization"));
  }

  private static String payload(String authorization) {
    return new String(
        Base64.getUrlDecoder().decode(authorization.split("\\.", -1)[1]), StandardCharsets.UTF_8);
  }

  private static void refused(HttpResponse<String> response, String cause) {
    RequestTests.problem(response, 401, cause);
  }
}
