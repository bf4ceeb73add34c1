package io.plimsoll.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWK;
import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.auth.TestSigner;
import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IntrospectIT {

  private final TestAuth auth = TestAuth.shared();
  private final ClientKey key = auth.newKey();
  private final TestSigner signer = TestSigner.es256(key.id());

  @AfterEach
  void now() {
    auth.clock().reset();
  }

  @Test
  void tellsWhoseATokenIs() {
    String token = auth.token(key, "grant_type", "client_credentials").text("access_token");
    Answer answer = introspect(token).is(200);
    assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
    assertThat(answer.json().path("active").asBoolean()).isTrue();
    assertThat(answer.text("client_id")).isEqualTo(key.id());
    assertThat(answer.text("tenant")).isEqualTo(key.tenant());
    assertThat(answer.text("iss")).isEqualTo(TestAuth.ISSUER);
    assertThat(answer.text("token_type")).isEqualTo("Bearer");
    assertThat(answer.text("scope")).contains("chat:read");
    assertThat(answer.json().has("user")).isFalse();

    verify();
    Answer signed = introspect(signer.token()).is(200);
    assertThat(signed.text("sub")).isEqualTo("anna");
    assertThat(signed.text("user")).isEqualTo("anna");
    assertThat(signed.text("iss")).isEqualTo(key.id());
    assertThat(signed.text("auth_ref")).startsWith(key.id() + ".");
  }

  @Test
  void tellsNothingOfWhatIsNoToken() {
    verify();
    for (String bad :
        new String[] {
          "x",
          signer.token() + "x",
          signer.with("tenant", "x"),
          TestSigner.es256(key.id()).token(),
          signer.with("nbf", Instant.now().getEpochSecond() + 120),
          signer.with("iat", Instant.now().getEpochSecond() + 120),
          TestTokens.user("auth", key.tenant(), "anna")
        }) {
      assertInactive(bad);
    }
    assertActive(signer.with("nbf", Instant.now().getEpochSecond() + 30));
  }

  @Test
  void knowsWhatWasRevoked() {
    verify();
    String one = signer.with("jti", "1");
    String other = signer.with("jti", "2");
    auth.revoke(key, one).is(200);
    assertInactive(one);
    assertActive(other);

    String ben = signer.with("sub", "ben");
    auth.customer(
            TestTokens.tenant("auth", key.tenant(), "auth:admin"),
            "/auth/v1/revocations",
            "{\"user\":\"anna\"}")
        .is(201);
    assertInactive(other);
    assertActive(ben);
    assertActive(signer.with("iat", Instant.now().getEpochSecond() + 10));

    String path = "/admin/v1/tenants/" + key.tenant();
    auth.admin("PUT", path, "{\"name\":\"x\",\"disabled\":true}").is(200);
    assertInactive(ben);
    auth.admin("PUT", path, "{\"name\":\"x\",\"disabled\":false}").is(200);
    assertActive(ben);
    auth.admin("DELETE", path + "/keys/" + key.id()).is(204);
    assertInactive(ben);
  }

  /// What it stands for is revoked, and so is it.
  @Test
  void knowsATicketOfARevokedToken() {
    verify();
    String ticket =
        auth.customer(
                TestTokens.user("auth", key.tenant(), "anna"),
                "/auth/v1/tickets",
                "{\"path\":\"/chat/v1/me/events\"}")
            .is(201)
            .text("ticket");
    Answer answer = introspect(ticket).is(200);
    assertThat(answer.text("token_type")).isEqualTo("ticket");
    assertThat(answer.text("auth_ref")).isEqualTo("test");
    auth.revoke(key, ticket).is(200);
    assertInactive(ticket);
  }

  /// A ticket is as old as the token that it was asked for with, however late that was.
  @Test
  void knowsATicketOfATokenThatANotBeforeRefuses() {
    long now = Instant.now().getEpochSecond();
    String old = ticket(now - 60);
    String young = ticket(now + 2);
    auth.admin(
            "POST",
            "/admin/v1/revocations",
            "{\"tenant\":\"%s\",\"notBefore\":\"%s\"}"
                .formatted(key.tenant(), Instant.ofEpochSecond(now - 30)))
        .is(201);
    assertInactive(old);
    assertActive(young);
    auth.customer(
            TestTokens.tenant("auth", key.tenant(), "auth:admin"),
            "/auth/v1/revocations",
            "{\"user\":\"anna\"}")
        .is(201);
    assertInactive(ticket(now - 20));
  }

  /// Of tokens that the key got as of those that it signed.
  @Test
  void knowsATicketOfAKeyThatIsDisabled() {
    String ticket = ticket(Instant.now().getEpochSecond());
    assertThat(introspect(ticket).text("client_id")).isEqualTo(key.id());
    auth.admin("DELETE", "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id()).is(204);
    assertInactive(ticket);
  }

  /// Whatever kind the former and the present verification key are of.
  @Test
  void knowsATicketOfATokenWhoseVerificationKeyWasReplaced() throws Exception {
    long now = Instant.now().getEpochSecond();
    verify();
    String es256 = ticket(now, thumbprint(signer.jwk()));
    assertActive(es256);
    String edJwk = TestSigner.ed25519(key.id()).jwk();
    verify(edJwk);
    String ed25519 = ticket(now, thumbprint(edJwk));
    assertActive(ed25519);
    assertInactive(es256);
    String secret = verify("{\"kind\":\"secret\"}").text("secret");
    String hs256 = ticket(now, thumbprint("{\"kty\":\"oct\",\"k\":\"" + secret + "\"}"));
    assertActive(hs256);
    assertInactive(ed25519);
    verify();
    assertInactive(hs256);
    assertActive(es256);
  }

  private static String thumbprint(String jwk) throws Exception {
    return JWK.parse(jwk).computeThumbprint().toString();
  }

  private String ticket(long issued) {
    return ticket(issued, null);
  }

  /// A ticket of a token that this key got, issued then.
  ///
  /// @param thumbprint of what proved the token; null: auth-service issued it
  private String ticket(long issued, @Nullable String thumbprint) {
    return auth.customer(
            TestTokens.mint(
                claims ->
                    claims
                        .audience("auth")
                        .claim("tenant", key.tenant())
                        .subject("anna")
                        .claim("scope", "chat:read")
                        .claim("auth_exp", issued + 3600)
                        .claim("auth_iat", issued)
                        .claim("auth_key", key.id())
                        .claim("auth_jkt", thumbprint)),
            "/auth/v1/tickets",
            "{\"path\":\"/chat/v1/me/events\"}")
        .is(201)
        .text("ticket");
  }

  @Test
  void knowsWhatHasEnded() {
    verify();
    String token = signer.token();
    auth.clock().advance(Duration.ofMinutes(11));
    assertInactive(token);
  }

  @Test
  void asksForAToken() {
    auth.send(
            auth.internalPort("/admin/v1/introspect")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("")))
        .isOAuthError(400, "invalid_request");
    auth.send(
            auth.internalPortUnauthenticated("/admin/v1/introspect")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("token=x")))
        .isProblem(401, "unknown-operator");
  }

  private void verify() {
    verify(signer.jwk());
  }

  private Answer verify(String verification) {
    return auth.admin(
            "PUT",
            "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id() + "/verification",
            verification)
        .is(200);
  }

  private void assertActive(String token) {
    assertThat(introspect(token).is(200).json().path("active").asBoolean()).isTrue();
  }

  private void assertInactive(String token) {
    assertThat(introspect(token).is(200).body()).isEqualTo("{\"active\":false}");
  }

  private Answer introspect(String token) {
    return auth.send(
        auth.internalPort("/admin/v1/introspect")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(TestAuth.form("token", token))));
  }
}
