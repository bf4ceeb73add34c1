package io.plimsoll.auth.key;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import io.plimsoll.auth.Secrets;
import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.auth.TestSigner;
import io.plimsoll.service.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(OutputCaptureExtension.class)
class VerificationIT {

  private final TestAuth auth = TestAuth.shared();
  private final ClientKey key = auth.newKey();

  @Test
  void takesAPublicP256Key() {
    String jwk = TestSigner.es256(key.id()).jwk();
    Answer put = put(jwk).is(200);
    assertThat(put.header("Cache-Control")).isEqualTo("no-store");
    assertThat(put.text("alg")).isEqualTo("ES256");
    JsonNode facts = facts();
    assertThat(facts.propertyNames())
        .containsExactlyInAnyOrder("keyId", "tenant", "disabled", "scope", "verification");
    assertThat(facts.path("keyId").asString()).isEqualTo(key.id());
    assertThat(facts.path("tenant").asString()).isEqualTo(key.tenant());
    assertThat(facts.path("disabled").asBoolean()).isFalse();
    JsonNode kept = facts.at("/verification/jwk");
    assertThat(kept.propertyNames())
        .containsExactlyInAnyOrder("kty", "crv", "x", "y", "alg", "use", "kid");
    assertThat(kept.path("x")).isEqualTo(json(jwk).path("x"));
    assertThat(kept.path("y")).isEqualTo(json(jwk).path("y"));
    assertThat(kept.path("kid").asString()).isEqualTo(key.id());
    assertThat(put.json().path("jwk")).isEqualTo(kept);
  }

  @Test
  void takesAPublicEd25519Key() {
    String jwk = TestSigner.ed25519(key.id()).jwk();
    assertThat(put(jwk).is(200).text("alg")).isEqualTo("EdDSA");
    JsonNode kept = facts().at("/verification/jwk");
    assertThat(kept.path("kty").asString()).isEqualTo("OKP");
    assertThat(kept.path("crv").asString()).isEqualTo("Ed25519");
    assertThat(kept.path("x")).isEqualTo(json(jwk).path("x"));
  }

  @Test
  void takesOneWithTheKeyItself() {
    String body = "{\"name\":\"x\",\"verification\":%s}".formatted(TestSigner.es256("any").jwk());
    Answer created = auth.admin("POST", keys(), body).is(201);
    assertThat(created.json().at("/verification/alg").asString()).isEqualTo("ES256");
    assertThat(facts(created.text("keyId")).at("/verification/jwk/crv").asString())
        .isEqualTo("P-256");

    Answer secret =
        auth.admin("POST", keys(), "{\"name\":\"x\",\"verification\":{\"kind\":\"secret\"}}")
            .is(201);
    assertThat(secret.json().at("/verification/alg").asString()).isEqualTo("HS256");
    assertThat(secret.json().at("/verification/secret").asString()).matches("[A-Za-z0-9_-]{43}");
    auth.admin("POST", keys(), "{\"name\":\"x\",\"verification\":null}").is(201);
  }

  /// Gateways compute with it, so it must come out of what they get, and of nothing else.
  @Test
  void makesASecretThatOnlyAWrappingKeyOpens() throws Exception {
    OctetSequenceKey wrapping = Secrets.newSecret("wrap-a");
    try (TestAuth own = wrappedBy(Secrets.set(wrapping))) {
      ClientKey key = own.newKey();
      Answer made = put(own, key, "{\"kind\":\"secret\"}").is(200);
      byte[] secret = Base64.getUrlDecoder().decode(made.text("secret"));
      assertThat(secret).hasSize(32);
      assertThat(made.text("wrappedBy")).isEqualTo("wrap-a");

      JsonNode kept = facts(own, key.id()).path("verification");
      assertThat(kept.propertyNames()).containsExactlyInAnyOrder("secret", "wrappedBy");
      byte[] wrapped = Base64.getUrlDecoder().decode(kept.path("secret").asString());
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          Cipher.DECRYPT_MODE,
          new SecretKeySpec(wrapping.toByteArray(), "AES"),
          new GCMParameterSpec(128, Arrays.copyOf(wrapped, 12)));
      cipher.updateAAD(key.id().getBytes(StandardCharsets.UTF_8));
      assertThat(cipher.doFinal(wrapped, 12, wrapped.length - 12)).isEqualTo(secret);

      String rows = own.jdbc().sql("select * from api_keys").query().listOfRows().toString();
      assertThat(rows).doesNotContain(made.text("secret"));
      assertThat(own.admin("GET", keys(key)).is(200).body()).doesNotContain(made.text("secret"));
      assertThat(own.admin("GET", "/admin/v1/audit").is(200).body())
          .doesNotContain(made.text("secret"), kept.path("secret").asString(), key.secret());
    }
  }

  @Test
  void changesTheWrappingKeyWithoutARestart() throws Exception {
    OctetSequenceKey old = Secrets.newSecret("old");
    OctetSequenceKey next = Secrets.newSecret("next");
    Path file = Secrets.path(Secrets.set(old));
    try (TestAuth own =
        TestAuth.start(
            Map.of(
                "plimsoll.auth.wrapping-keys", file.toUri().toString(),
                "plimsoll.auth.reload", "50ms",
                "plimsoll.auth.purge", "50ms"))) {
      ClientKey key = own.newKey();
      String secret = put(own, key, "{\"kind\":\"secret\"}").is(200).text("secret");
      String token = TestSigner.hs256(key.id(), secret).token();

      Files.writeString(file, "{ half of a file");
      Files.writeString(file, Secrets.set(next, old));
      Awaitility.await()
          .until(
              () -> facts(own, key.id()).at("/verification/wrappedBy").asString().equals("next"));
      Files.writeString(file, Secrets.set(next));
      own.revoke(key, token).is(200);
      assertThat(own.changesAfter(0)).anyMatch(c -> c.path("kind").asString().equals("token"));
    }
  }

  /// More of them than are looked at in one transaction.
  @Test
  void wrapsAnewWhatComesAfterSecretsThatCanNotBeRead(CapturedOutput output) throws Exception {
    OctetSequenceKey old = Secrets.newSecret("old");
    Path file = Secrets.path(Secrets.set(old));
    try (TestAuth own =
        TestAuth.start(
            Map.of(
                "plimsoll.auth.wrapping-keys", file.toUri().toString(),
                "plimsoll.auth.reload", "50ms",
                "plimsoll.auth.purge", "50ms"))) {
      ClientKey key = own.newKey();
      put(own, key, "{\"kind\":\"secret\"}").is(200);
      String wrapped = facts(own, key.id()).at("/verification/secret").asString();
      // another row's, by a key that is away, no base64, too short
      own.jdbc()
          .sql(
              """
              insert into api_keys (key_id, tenant_id, name, secret_sha256, scope, created_at,
                verification_secret, wrapped_by)
              select 'copy-' || n, tenant_id, name, secret_sha256, scope, created_at,
                case n when 2 then '!' when 3 then 'AA' else verification_secret end,
                case n when 1 then 'gone' else wrapped_by end
              from api_keys cross join generate_series(1, 150) n where key_id = :key
              """)
          .param("key", key.id())
          .update();

      Files.writeString(file, Secrets.set(Secrets.newSecret("next"), old));
      Awaitility.await()
          .until(
              () -> facts(own, key.id()).at("/verification/wrappedBy").asString().equals("next"));
      assertThat(
              own.jdbc()
                  .sql("select count(*) from api_keys where wrapped_by <> 'next'")
                  .query(Long.class)
                  .single())
          .isEqualTo(150);
      assertThat(output)
          .contains(
              "The secret of copy-1 is wrapped by gone",
              "the secret of copy-2 was",
              "the secret of copy-3 was",
              "the secret of copy-150 was")
          .doesNotContain(wrapped);
    }
  }

  @Test
  void refusesASecretWithoutWrappingKeysAndWorksOn() {
    try (TestAuth own = wrappedBy("")) {
      ClientKey key = own.newKey();
      put(own, key, "{\"kind\":\"secret\"}").isProblem(409, "no-wrapping-keys");
      own.admin("POST", keys(key), "{\"name\":\"x\",\"verification\":{\"kind\":\"secret\"}}")
          .isProblem(409, "no-wrapping-keys");
      assertThat(own.admin("GET", keys(key)).json().path("keys")).hasSize(1);
      put(own, key, TestSigner.es256(key.id()).jwk()).is(200);
    }
  }

  @Test
  void refusesWhatIsNoPublicKeyOfOurs() {
    String good = TestSigner.es256("any").jwk();
    String other = TestSigner.es256("any").jwk();
    String x = json(good).path("x").asString();
    String otherX = json(other).path("x").asString();
    String edwards = TestSigner.ed25519("any").jwk();
    String edwardsX = json(edwards).path("x").asString();
    for (String body :
        new String[] {
          "{}",
          "[]",
          "1",
          "\"secret\"",
          "{\"kind\":\"public\"}",
          "{\"kind\":\"secret\",\"k\":\"AAAA\"}",
          "{\"kind\":1}",
          "{\"keys\":[" + good + "]}",
          Secrets.newKey("private").toJSONString(),
          Secrets.newKey(Curve.P_384, "wrong").toPublicJWK().toJSONString(),
          Secrets.newKey(Curve.P_521, "wrong").toPublicJWK().toJSONString(),
          Secrets.newSecret("shared").toJSONString(),
          "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
          // not on the curve
          good.replace(x, otherX),
          // other spellings of the same number
          good.replace(x, x + "="),
          good.replace(x, x + "\\n"),
          good.replace(x, "AA" + x),
          good.replace(x, respelt(x)),
          with(good, "\"alg\":\"ES384\""),
          with(good, "\"alg\":\"HS256\""),
          with(good, "\"alg\":\"none\""),
          with(good, "\"alg\":1"),
          with(good, "\"use\":\"enc\""),
          with(good, "\"key_ops\":[\"sign\"]"),
          with(good, "\"key_ops\":\"verify\""),
          with(good, "\"d\":\"AAAA\""),
          with(good, "\"d\":null"),
          with(good, "\"x5u\":\"https://evil.example/\""),
          with(good, "\"x5c\":[]"),
          with(good, "\"jku\":\"https://evil.example/\""),
          with(edwards, "\"d\":\"AAAA\""),
          with(edwards, "\"y\":\"AAAA\""),
          with(edwards, "\"alg\":\"ES256\""),
          edwards.replace("Ed25519", "X25519"),
          edwards.replace("Ed25519", "Ed448"),
          edwards.replace(edwardsX, respelt(edwardsX)),
          // y = 2 has no x, and y = 2^255 - 1 is above the prime
          edwards.replace(edwardsX, encode((byte) 2, (byte) 0, (byte) 0)),
          edwards.replace(edwardsX, encode((byte) 0xff, (byte) 0xff, (byte) 0x7f)),
        }) {
      Answer refused = put(body).isProblem(400, "invalid-verification");
      assertThat(refused.body()).doesNotContain(x, otherX);
    }
    put(good.substring(1)).isProblem(400, "malformed-body");
    put("null").isProblem(400, "malformed-body");
    put(with(good, "\"kty\":\"EC\"")).isProblem(400, "malformed-body");
    assertThat(facts().has("verification")).isFalse();
    put(with(good, "\"alg\":\"ES256\",\"use\":\"sig\",\"key_ops\":[\"verify\"]")).is(200);
  }

  /// With the public key of one of these points a signature can be made by anyone; the last three
  /// are above the prime, and spell 0, 1 and 18. Little endian, with either sign.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
      })
  void refusesPointsOfSmallOrder(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    for (int sign : new int[] {0, 0x80}) {
      bytes[31] = (byte) ((bytes[31] & 0x7f) | sign);
      String x = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
      put("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + x + "\"}")
          .isProblem(400, "invalid-verification");
    }
    assertThat(facts().has("verification")).isFalse();
  }

  @Test
  void replacesAndRemovesIt() {
    put(TestSigner.es256(key.id()).jwk()).is(200);
    put("{\"kind\":\"secret\"}").is(200);
    assertThat(facts().path("verification").has("jwk")).isFalse();
    put(TestSigner.ed25519(key.id()).jwk()).is(200);
    assertThat(facts().path("verification").has("secret")).isFalse();
    auth.admin("DELETE", keys() + "/" + key.id() + "/verification").is(204);
    assertThat(facts().has("verification")).isFalse();
    auth.admin("DELETE", keys() + "/" + key.id() + "/verification").is(204);
  }

  @Test
  void changesNoDisabledAndNoForeignKey() {
    String jwk = TestSigner.es256(key.id()).jwk();
    ClientKey other = auth.newKey();
    auth.admin("PUT", keys(other) + "/" + key.id() + "/verification", jwk)
        .isProblem(404, "unknown-key");
    auth.admin("DELETE", keys() + "/" + key.id()).is(204);
    put(jwk).isProblem(409, "key-disabled");
    auth.admin("PATCH", keys() + "/" + key.id(), "{\"name\":\"x\"}").isProblem(409, "key-disabled");
    assertThat(facts().path("disabled").asBoolean()).isTrue();
  }

  /// A second key beside the first, which then gets an end.
  @Test
  void rotatesWithOverlap() {
    Answer second = auth.admin("POST", keys(), "{\"name\":\"next\"}").is(201);
    ClientKey next = new ClientKey(key.tenant(), second.text("keyId"), second.text("secret"));
    Instant end = Instant.now().plusSeconds(3).truncatedTo(ChronoUnit.SECONDS);
    Answer patched =
        auth.admin(
                "PATCH",
                keys() + "/" + key.id(),
                "{\"expiresAt\":\"" + end + "\",\"scope\":\"chat:read\"}")
            .is(200);
    assertThat(patched.text("expiresAt")).isEqualTo(end.toString());
    assertThat(patched.text("name")).isEqualTo("backend");
    assertThat(facts().path("expiresAt").asLong()).isEqualTo(end.getEpochSecond());
    assertThat(facts().path("scope").asString()).isEqualTo("chat:read");
    try {
      assertThat(auth.token(key, "grant_type", "client_credentials").is(200).text("scope"))
          .isEqualTo("chat:read");
      auth.token(next, "grant_type", "client_credentials").is(200);
      auth.clock().advance(Duration.ofSeconds(5));
      auth.token(key, "grant_type", "client_credentials").isOAuthError(401, "invalid_client");
      auth.token(next, "grant_type", "client_credentials").is(200);
    } finally {
      auth.clock().reset();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"expiresAt\":\"2020-01-01T00:00:00Z\"}",
        "{\"scope\":\"chat\"}",
        "{\"name\":\" \"}"
      })
  void refusesBadPatches(String body) {
    auth.admin("PATCH", keys() + "/" + key.id(), body).isProblem(400, "invalid-key");
    auth.admin("PATCH", keys() + "/" + key.id(), "{\"secret\":\"x\"}")
        .isProblem(400, "invalid-body");
  }

  @Test
  void notesTheHourInWhichAGatewayAskedForIt() {
    facts();
    assertThat(listed().has("lastUsedHour")).isFalse();
    put(TestSigner.es256(key.id()).jwk()).is(200);
    facts();
    assertThat(Instant.parse(listed().path("lastUsedHour").asString()))
        .isBetween(Instant.now().minusSeconds(3601), Instant.now());
  }

  @Test
  void knowsNoOtherKey() {
    auth.gateway("/internal/v1/keys/key_nobody").isProblem(404, "unknown-key");
    auth.gateway("/internal/v1/keys/a%20b").isProblem(400, "invalid-parameter");
  }

  private static TestAuth wrappedBy(String keys) {
    return TestAuth.start(
        Map.of("plimsoll.auth.wrapping-keys", keys.isEmpty() ? "" : Secrets.file(keys)));
  }

  private Answer put(String body) {
    return put(auth, key, body);
  }

  private static Answer put(TestAuth auth, ClientKey key, String body) {
    return auth.admin("PUT", keys(key) + "/" + key.id() + "/verification", body);
  }

  private JsonNode facts() {
    return facts(key.id());
  }

  private JsonNode facts(String keyId) {
    return facts(auth, keyId);
  }

  private static JsonNode facts(TestAuth auth, String keyId) {
    return auth.gateway("/internal/v1/keys/" + keyId).is(200).json();
  }

  private JsonNode listed() {
    return auth.admin("GET", keys()).is(200).json().at("/keys/0");
  }

  private String keys() {
    return keys(key);
  }

  private static String keys(ClientKey key) {
    return "/admin/v1/tenants/" + key.tenant() + "/keys";
  }

  private static JsonNode json(String text) {
    return new JsonMapper().readTree(text);
  }

  private static String with(String jwk, String members) {
    return jwk.replaceFirst("}$", "," + members + "}");
  }

  /// The same 32 bytes with spare bits set: the last character codes 4 bits and 2 that must be 0.
  private static String respelt(String base64) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(base64.charAt(base64.length() - 1));
    return base64.substring(0, base64.length() - 1) + alphabet.charAt(last + 1);
  }

  private static String encode(byte first, byte middle, byte last) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, middle);
    bytes[0] = first;
    bytes[31] = last;
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
