package io.plimsoll.auth.ticket;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.Verified;
import io.plimsoll.service.Answer;
import io.plimsoll.service.TestTokens;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TicketIT {

  private static final String PATH = "/chat/v1/rooms/r1/events";
  private static final String WANTED = "{\"path\":\"" + PATH + "\"}";

  private final TestAuth auth = TestAuth.shared();

  @Test
  void givesAUserATicketForOnePath() throws Exception {
    Instant authExpiry = Instant.now().plusSeconds(7200).truncatedTo(ChronoUnit.SECONDS);
    Instant authIssued = Instant.now().minusSeconds(100).truncatedTo(ChronoUnit.SECONDS);
    String token =
        TestTokens.mint(
            claims ->
                claims
                    .audience("auth")
                    .claim("tenant", "acme")
                    .subject("anna")
                    .claim("scope", "chat:write chat:read")
                    .claim("auth_exp", authExpiry.getEpochSecond())
                    .claim("auth_iat", authIssued.getEpochSecond())
                    .claim("auth_key", "key_a")
                    .claim("auth_jkt", "print"));
    Answer answer = ask(token, WANTED).is(201);
    assertThat(answer.header("Cache-Control")).isEqualTo("no-store");

    JWTClaimsSet claims = claims(answer);
    assertThat(claims.getClaims().keySet())
        .containsExactlyInAnyOrder(
            "iss",
            "aud",
            "iat",
            "exp",
            "jti",
            "tenant",
            "sub",
            "plimsoll_actor",
            "scope",
            "path",
            "auth_ref",
            "auth_exp",
            "auth_iat",
            "auth_key",
            "auth_jkt");
    assertThat(claims.getIssuer()).isEqualTo(TestAuth.ISSUER);
    assertThat(claims.getAudience()).containsExactly("plimsoll");
    assertThat(claims.getStringClaim("tenant")).isEqualTo("acme");
    assertThat(claims.getSubject()).isEqualTo("anna");
    assertThat(claims.getStringClaim("plimsoll_actor")).isEqualTo("user");
    assertThat(claims.getStringClaim("scope")).isEqualTo("chat:read chat:write");
    assertThat(claims.getStringClaim("path")).isEqualTo(PATH);
    assertThat(claims.getStringClaim("auth_ref")).isEqualTo("test");
    assertThat(claims.getLongClaim("auth_exp")).isEqualTo(authExpiry.getEpochSecond());
    assertThat(claims.getLongClaim("auth_iat")).isEqualTo(authIssued.getEpochSecond());
    assertThat(claims.getStringClaim("auth_key")).isEqualTo("key_a");
    assertThat(claims.getStringClaim("auth_jkt")).isEqualTo("print");
    assertThat(claims.getJWTID()).isNotBlank();
    // an hour at most, although the token lives for two
    assertThat(claims.getExpirationTime())
        .isEqualTo(Date.from(claims.getIssueTime().toInstant().plusSeconds(3600)));
    assertThat(Instant.parse(answer.text("expiresAt")))
        .isEqualTo(claims.getExpirationTime().toInstant());
  }

  @Test
  void letsNoTicketOutliveItsToken() {
    Instant authExpiry = Instant.now().plusSeconds(120).truncatedTo(ChronoUnit.SECONDS);
    Answer answer = ask(TestTokens.mint("auth", "acme", "anna", authExpiry), WANTED).is(201);
    assertThat(claims(answer).getExpirationTime()).isEqualTo(Date.from(authExpiry));
  }

  @Test
  void givesTheTenantItselfATicketThatNamesNoUser() throws Exception {
    JWTClaimsSet claims =
        claims(ask(TestTokens.tenant("auth", "acme", "chat:read"), WANTED).is(201));
    assertThat(claims.getStringClaim("plimsoll_actor")).isEqualTo("tenant");
    assertThat(claims.getSubject()).isEqualTo("acme");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://app.example",
        "http://localhost:3000",
        "http://[::1]:8080",
        "null",
        "https://xn--bcher-kva.example:8443",
        "chrome-extension://abcdef"
      })
  void bindsTheTicketToTheOriginItWasAskedFrom(String origin) throws Exception {
    Answer answer = auth.send(request(user(), WANTED).header("Origin", origin)).is(201);
    assertThat(claims(answer).getStringClaim("origin")).isEqualTo(origin);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://app.example/",
        "https://app.example/path",
        "app.example",
        "https://",
        "*",
        "NULL",
        "https://a.example https://b.example",
        "https://user@app.example",
        "https://app.example?x"
      })
  void refusesWhatIsNoOrigin(String origin) {
    auth.send(request(user(), WANTED).header("Origin", origin)).isProblem(400, "invalid-origin");
  }

  @Test
  void refusesTwoOriginsAndLongOnes() {
    auth.send(
            request(user(), WANTED)
                .header("Origin", "https://a.example")
                .header("Origin", "https://b.example"))
        .isProblem(400, "invalid-origin");
    auth.send(request(user(), WANTED).header("Origin", "https://" + "a".repeat(300)))
        .isProblem(400, "invalid-origin");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"path":"/chat/v1/rooms/r1/events?offset=-1"} | invalid-path
          {"path":"/chat/../auth"}                      | invalid-path
          {"path":"chat"}                               | invalid-path
          {"path":""}                                   | invalid-path
          {"path":null}                                 | invalid-body
          {}                                            | invalid-body
          {"path":1}                                    | invalid-body
          {"path":["/a"]}                               | invalid-body
          {"path":"/a","user":"bob"}                    | invalid-body
          {"path":"/a\\u0000"}                          | invalid-body
          {"path":"/a","path":"/b"}                     | malformed-body
          {"path":                                      | malformed-body
          []                                            | invalid-body
          null                                          | malformed-body
          """)
  void refusesBadBodies(String body, String cause) {
    ask(user(), body).isProblem(400, cause);
  }

  @Test
  void refusesLargeAndForeignAndMissingBodies() {
    ask(user(), "{\"path\":\"/" + "a".repeat(20_000) + "\"}").isProblem(413, "body-too-large");
    auth.send(request(user(), WANTED).setHeader("Content-Type", "text/plain"))
        .isProblem(415, "unsupported-media-type");
    ask(user(), "").isProblem(400, "malformed-body");
    auth.send(
            request(user(), "")
                .POST(BodyPublishers.ofByteArray(new byte[] {'"', (byte) 0xff, '"'})))
        .is(400);
  }

  @Test
  void refusesWhoDidNotComeThroughTheGateway() {
    auth.send(
            auth.publicPort("/auth/v1/tickets")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(WANTED)))
        .isProblem(401, "not-through-gateway");
    ask(TestTokens.user("chat", "acme", "anna", "chat:read"), WANTED)
        .isProblem(401, "not-through-gateway");
    // what this service issues itself is no internal token
    var key = auth.newKey();
    String issued = auth.token(key, "grant_type", "client_credentials").text("access_token");
    ask(issued, WANTED).isProblem(401, "not-through-gateway");
    String ticket = ask(user(), WANTED).text("ticket");
    ask(ticket, WANTED).isProblem(401, "not-through-gateway");
  }

  @Test
  void fitsIntoTheRequestLineOfAGateway() {
    String path = "/" + "a".repeat(1023);
    String token =
        TestTokens.user("auth", "t".repeat(128), "u".repeat(128), "chat:read", "chat:write");
    Answer answer =
        auth.send(
            request(token, "{\"path\":\"" + path + "\"}")
                .header("Origin", "https://" + "a".repeat(255)));
    String line = "GET " + path + "?ticket=" + answer.is(201).text("ticket") + " HTTP/1.1";
    assertThat(line.length()).isLessThan(8 * 1024);
  }

  private Answer ask(String token, String body) {
    return auth.send(request(token, body));
  }

  private HttpRequest.Builder request(String token, String body) {
    return auth.publicPort("/auth/v1/tickets")
        .header("Authorization", "Bearer " + token)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body));
  }

  private static String user() {
    return TestTokens.user("auth", "acme", "anna", "chat:read");
  }

  private JWTClaimsSet claims(Answer answer) {
    return Verified.claims(auth, "plimsoll-ticket+jwt", answer.text("ticket"));
  }
}
