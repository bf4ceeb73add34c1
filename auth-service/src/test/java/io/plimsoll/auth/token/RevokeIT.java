package io.plimsoll.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import io.plimsoll.auth.Secrets;
import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.auth.TestSigner;
import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class RevokeIT {

  private final TestAuth auth = TestAuth.shared();
  private final ClientKey key = auth.newKey();
  private long head;

  @BeforeEach
  void mark() {
    head = auth.head();
  }

  @AfterEach
  void now() {
    auth.clock().reset();
  }

  @Test
  void revokesATokenThatWasIssuedHere() throws Exception {
    String token = auth.token(key, "grant_type", "client_credentials").text("access_token");
    Answer answer = auth.revoke(key, token).is(200);
    assertThat(answer.body()).isEmpty();
    JsonNode change = onlyChange();
    assertThat(change.propertyNames())
        .containsExactlyInAnyOrder("number", "kind", "token", "until");
    assertThat(change.path("kind").asString()).isEqualTo("token");
    assertThat(change.path("token").asString()).isEqualTo(name("signing-1", token));
    assertThat(change.path("until").asLong())
        .isEqualTo(
            SignedJWT.parse(token)
                .getJWTClaimsSet()
                .getExpirationTime()
                .toInstant()
                .getEpochSecond());
    // again is the same, and no change
    auth.revoke(key, token).is(200);
    onlyChange();
  }

  @Test
  void revokesWhatTheTenantsBackendSigned() {
    for (Supplier<TestSigner> kind :
        List.<Supplier<TestSigner>>of(this::es256, this::ed25519, this::hs256)) {
      String token = kind.get().token();
      head = auth.head();
      auth.revoke(key, token).is(200);
      assertThat(onlyChange().path("token").asString()).isEqualTo(name(key.id(), token));
    }
  }

  @Test
  void revokesATicket() {
    String ticket =
        auth.customer(
                TestTokens.user("auth", key.tenant(), "anna"),
                "/auth/v1/tickets",
                "{\"path\":\"/chat/v1/me/events\"}")
            .is(201)
            .text("ticket");
    auth.revoke(key, ticket).is(200);
    assertThat(onlyChange().path("token").asString()).isEqualTo(name("signing-1", ticket));
  }

  @Test
  void lastsForAnyKeyOfTheTenantAndForNoOther() {
    TestSigner signer = es256();
    Answer second =
        auth.admin("POST", "/admin/v1/tenants/" + key.tenant() + "/keys", "{\"name\":\"x\"}");
    head = auth.head();
    auth.revoke(auth.newKey(), signer.token()).is(200);
    assertThat(tokensAfter()).isEmpty();
    auth.revoke(
            new ClientKey(key.tenant(), second.text("keyId"), second.text("secret")),
            signer.token())
        .is(200);
    assertThat(tokensAfter()).hasSize(1);
  }

  /// Whoever holds a token can make its twin, without the key.
  @Test
  void namesATokenAndItsTwinAlike() {
    TestSigner signer = es256();
    String token = signer.token();
    String twin = TestSigner.twin(token);
    assertThat(twin).isNotEqualTo(token);
    auth.revoke(key, twin).is(200);
    assertThat(onlyChange().path("token").asString()).isEqualTo(name(key.id(), token));
    auth.revoke(key, token).is(200);
    onlyChange();
  }

  /// It will count, so it can be revoked.
  @Test
  void revokesWhatDoesNotCountYet() {
    long soon = Instant.now().getEpochSecond() + 120;
    TestSigner signer = es256();
    auth.revoke(key, signer.with("nbf", soon)).is(200);
    onlyChange();
  }

  @Test
  void takesWhatIsNoTokenOfTheTenantAndChangesNothing() {
    TestSigner good = es256();
    TestSigner stranger = TestSigner.es256(key.id());
    ClientKey other = auth.newKey();
    head = auth.head();
    String token = good.token();
    String[] parts = token.split("\\.", -1);
    long now = Instant.now().getEpochSecond();
    Map<String, @Nullable Object> twice = new LinkedHashMap<>(good.claims());
    String claims = new tools.jackson.databind.json.JsonMapper().writeValueAsString(twice);
    String header = "{\"alg\":\"ES256\",\"kid\":\"" + key.id() + "\"}";
    for (String bad :
        List.of(
            "x",
            "a.b.c",
            "..",
            token.substring(0, token.length() - 1),
            token + "=",
            token + "==",
            " " + token,
            token + "\n",
            token.replace("_", "/").replace("-", "+") + "+",
            token + ".x",
            parts[0] + "." + parts[1],
            parts[0] + "." + parts[1] + ".",
            "." + parts[1] + "." + parts[2],
            parts[0] + ".." + parts[2],
            respelt(token),
            flipped(token),
            parts[0] + "." + encode(claims.replace("anna", "eve")) + "." + parts[2],
            stranger.token(),
            good.as(other.id()).token(),
            good.as("key_unknown").token(),
            good.as(TestAuth.ISSUER).token(),
            good.with("iss", other.id()),
            good.with("iss", TestAuth.ISSUER),
            good.with("iss", null),
            good.with("aud", "other"),
            good.with("aud", null),
            good.with("sub", null),
            good.with("sub", ""),
            good.with("sub", "a b"),
            good.with("sub", "."),
            good.with("sub", ".."),
            good.with("sub", "a".repeat(129)),
            good.with("sub", 1),
            good.with("iat", null),
            good.with("iat", "1"),
            good.with("iat", now + 0.5),
            good.with("exp", null),
            good.with("exp", now),
            good.with("exp", now - 10),
            good.with("exp", (now + 600) + ".0"),
            good.with("exp", now + 86_500),
            good.with("nbf", "soon"),
            good.with("tenant", key.tenant()),
            good.with("plimsoll_actor", "tenant"),
            good.with("scope", "chat:admin"),
            good.with("scope", "other:read"),
            good.with("scope", List.of("chat:read")),
            good.withHeader("alg", "none"),
            good.withHeader("alg", "HS256"),
            good.withHeader("alg", "ES384"),
            good.withHeader("alg", null),
            good.withHeader("typ", "plimsoll-internal+jwt"),
            good.withHeader("typ", "plimsoll-ticket+jwt"),
            good.withHeader("typ", 1),
            good.withHeader("crit", List.of("exp")),
            good.withHeader("b64", true),
            good.withHeader("jwk", Map.of("kty", "EC")),
            good.withHeader("jku", "https://evil.example/"),
            good.withHeader("x5u", "https://evil.example/"),
            good.withHeader("x5c", List.of()),
            good.withHeader("kid", null),
            good.withHeader("kid", other.id()),
            good.withHeader("kid", "../" + key.id()),
            good.withHeader("kid", "' or 1=1 --"),
            good.sign(header.replace("{", "{\"alg\":\"none\","), claims),
            good.sign(header, claims.replace("{", "{\"sub\":\"eve\",")),
            good.sign(header, claims + "{}"),
            good.sign(header, claims + " x"),
            good.sign(header, "[" + claims + "]"),
            good.sign("null", claims),
            good.sign("[]", claims),
            good.with("pad", "x".repeat(6_200)),
            "x".repeat(10_000),
            TestTokens.user("auth", key.tenant(), "anna"))) {
      auth.revoke(key, bad).is(200);
      assertThat(tokensAfter()).as(bad).isEmpty();
    }
    // the same without the fault
    auth.revoke(key, token).is(200);
    onlyChange();
  }

  /// HS256 over what everybody knows: the public key in one of its spellings.
  @Test
  void takesNoPublicKeyForASecret() {
    TestSigner good = es256();
    for (String known : List.of(good.jwk(), key.id(), "plimsoll")) {
      String secret =
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(known.getBytes(StandardCharsets.UTF_8));
      auth.revoke(key, TestSigner.hs256(key.id(), secret).token()).is(200);
    }
    assertThat(tokensAfter()).isEmpty();
  }

  @Test
  void takesOwnTokensOnlyByTheirOwnRules() throws Exception {
    String token = auth.token(key, "grant_type", "client_credentials").text("access_token");
    String[] parts = token.split("\\.", -1);
    // signed by a key that has the name of ours
    var impostor = new com.nimbusds.jose.crypto.ECDSASigner(Secrets.newKey("signing-1"));
    SignedJWT original = SignedJWT.parse(token);
    SignedJWT forged = new SignedJWT(original.getHeader(), original.getJWTClaimsSet());
    forged.sign(impostor);
    auth.revoke(key, forged.serialize()).is(200);
    auth.revoke(key, parts[0] + "." + parts[1] + "." + "A".repeat(86)).is(200);
    auth.clock().advance(Duration.ofMinutes(61));
    auth.revoke(key, token).is(200);
    assertThat(tokensAfter()).isEmpty();
  }

  @Test
  void takesNoTokenOfARemovedVerificationKey() {
    TestSigner signer = es256();
    auth.admin(
            "DELETE", "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id() + "/verification")
        .is(204);
    head = auth.head();
    auth.revoke(key, signer.token()).is(200);
    assertThat(tokensAfter()).isEmpty();
  }

  @Test
  void asksForAClientAndAToken() {
    String token = es256().token();
    head = auth.head();
    auth.send(request("token=" + token)).isOAuthError(401, "invalid_client");
    auth.revoke(new ClientKey(key.tenant(), key.id(), "wrong"), token)
        .isOAuthError(401, "invalid_client");
    for (String form : List.of("", "token=", "token_type_hint=access_token", "token=a&token=b")) {
      auth.send(request(form).header("Authorization", TestAuth.basic(key.id(), key.secret())))
          .isOAuthError(400, "invalid_request");
    }
    auth.send(
            request("token=" + "x".repeat(13_000))
                .header("Authorization", TestAuth.basic(key.id(), key.secret())))
        .isOAuthError(400, "invalid_request");
    assertThat(tokensAfter()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"access_token", "refresh_token", "whatever"})
  void needsNoHint(String hint) {
    auth.send(
            request("token=" + es256().token() + "&token_type_hint=" + hint)
                .header("Authorization", TestAuth.basic(key.id(), key.secret())))
        .is(200);
    assertThat(tokensAfter()).hasSize(1);
  }

  private java.net.http.HttpRequest.Builder request(String form) {
    return auth.publicPort("/auth/oauth2/revoke")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(BodyPublishers.ofString(form));
  }

  private TestSigner es256() {
    TestSigner signer = TestSigner.es256(key.id());
    verifyWith(signer.jwk());
    head = auth.head();
    return signer;
  }

  private TestSigner ed25519() {
    TestSigner signer = TestSigner.ed25519(key.id());
    verifyWith(signer.jwk());
    return signer;
  }

  private TestSigner hs256() {
    return TestSigner.hs256(key.id(), verifyWith("{\"kind\":\"secret\"}").text("secret"));
  }

  private Answer verifyWith(String body) {
    return auth.admin(
            "PUT",
            "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id() + "/verification",
            body)
        .is(200);
  }

  private JsonNode onlyChange() {
    List<JsonNode> tokens = tokensAfter();
    assertThat(tokens).hasSize(1);
    return tokens.getFirst();
  }

  private List<JsonNode> tokensAfter() {
    return auth.changesAfter(head).stream()
        .filter(change -> change.path("kind").asString().equals("token"))
        .toList();
  }

  private static String name(String kid, String token) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  token.substring(0, token.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII));
      return kid + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encode(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /// The same signature with spare bits set: its last character codes 2 bits and 4 that must be 0.
  private static String respelt(String token) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(token.charAt(token.length() - 1));
    return token.substring(0, token.length() - 1) + alphabet.charAt(last + 1);
  }

  private static String flipped(String token) {
    int dot = token.lastIndexOf('.');
    byte[] signature = Base64.getUrlDecoder().decode(token.substring(dot + 1));
    byte[] other = Arrays.copyOf(signature, signature.length);
    other[10] ^= 1;
    return token.substring(0, dot + 1)
        + Base64.getUrlEncoder().withoutPadding().encodeToString(other);
  }
}
