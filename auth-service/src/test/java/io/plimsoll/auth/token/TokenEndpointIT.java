package io.plimsoll.auth.token;

import static io.plimsoll.auth.TestAuth.basic;
import static io.plimsoll.auth.TestAuth.form;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.auth.Verified;
import io.plimsoll.service.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenEndpointIT {

  private static final String EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
  private static final String USER = "urn:plimsoll:token-type:user";
  private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
  private static final String ALL = "chat:read chat:write textsync:read textsync:write";

  private final TestAuth auth = TestAuth.shared();

  @AfterEach
  void now() {
    auth.clock().reset();
  }

  @Test
  void givesATenantItsToken() throws Exception {
    ClientKey key = auth.newKey();
    Instant before = Instant.now().minusSeconds(1);
    Answer answer = auth.token(key, "grant_type", "client_credentials").is(200);
    assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
    assertThat(answer.header("Pragma")).isEqualTo("no-cache");
    assertThat(answer.json().propertyNames())
        .containsExactlyInAnyOrder("access_token", "token_type", "expires_in", "scope");
    assertThat(answer.text("token_type")).isEqualTo("Bearer");
    assertThat(answer.json().path("expires_in").asInt()).isEqualTo(3600);
    assertThat(answer.text("scope")).isEqualTo(ALL);

    JWTClaimsSet claims = claims(answer);
    assertThat(claims.getClaims().keySet())
        .containsExactlyInAnyOrder(
            "iss",
            "aud",
            "iat",
            "exp",
            "jti",
            "client_id",
            "tenant",
            "scope",
            "sub",
            "plimsoll_actor");
    assertThat(claims.getIssuer()).isEqualTo(TestAuth.ISSUER);
    assertThat(claims.getAudience()).containsExactly("plimsoll");
    assertThat(claims.getSubject()).isEqualTo(key.id());
    assertThat(claims.getStringClaim("client_id")).isEqualTo(key.id());
    assertThat(claims.getStringClaim("tenant")).isEqualTo(key.tenant());
    assertThat(claims.getStringClaim("scope")).isEqualTo(ALL);
    assertThat(claims.getStringClaim("plimsoll_actor")).isEqualTo("tenant");
    assertThat(claims.getIssueTime()).isBetween(Date.from(before), Date.from(Instant.now()));
    assertThat(claims.getExpirationTime())
        .isEqualTo(Date.from(claims.getIssueTime().toInstant().plusSeconds(3600)));
  }

  @Test
  void givesAUserAToken() throws Exception {
    ClientKey key = auth.newKey();
    Answer answer = exchange(key, "subject_token", "anna.b~c_d-1").is(200);
    assertThat(answer.text("issued_token_type")).isEqualTo(ACCESS_TOKEN);
    JWTClaimsSet claims = claims(answer);
    assertThat(claims.getSubject()).isEqualTo("anna.b~c_d-1");
    assertThat(claims.getStringClaim("client_id")).isEqualTo(key.id());
    assertThat(claims.getStringClaim("tenant")).isEqualTo(key.tenant());
    assertThat(claims.getStringClaim("plimsoll_actor")).isEqualTo("user");
    assertThat(claims.getStringClaim("scope")).isEqualTo(ALL);
  }

  @Test
  void namesEveryTokenDifferently() {
    ClientKey key = auth.newKey();
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      ids.add(claims(auth.token(key, "grant_type", "client_credentials").is(200)).getJWTID());
    }
    assertThat(ids).hasSize(5);
  }

  @Test
  void givesLessScopeWhenAsked() throws Exception {
    ClientKey key = auth.newKey();
    Answer answer =
        exchange(key, "subject_token", "anna", "scope", "chat:write chat:read chat:write").is(200);
    assertThat(answer.text("scope")).isEqualTo("chat:write chat:read");
    assertThat(claims(answer).getStringClaim("scope")).isEqualTo("chat:write chat:read");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "other:read",
        "chat:read other:write",
        "chat:admin",
        "chat",
        "chat:delete",
        "chat:read  chat:write",
        " chat:read",
        "chat:read ",
        "CHAT:read",
        "chat:read,chat:write",
        "*"
      })
  void refusesScopesAboveTheCeilingAndMalformedOnes(String scope) {
    ClientKey key = auth.newKey();
    auth.token(key, "grant_type", "client_credentials", "scope", scope)
        .isOAuthError(400, "invalid_scope");
    exchange(key, "subject_token", "anna", "scope", scope).isOAuthError(400, "invalid_scope");
  }

  @Test
  void refusesAScopeThatIsTooLong() {
    String scope = "chat:read" + " chat:read".repeat(200);
    exchange(auth.newKey(), "subject_token", "anna", "scope", scope)
        .isOAuthError(400, "invalid_scope");
  }

  @Test
  void givesAdminToTheTenantAndNeverToAUser() throws Exception {
    ClientKey key = auth.newKey("{\"name\":\"backend\",\"scope\":\"chat:admin textsync:read\"}");
    Answer own = auth.token(key, "grant_type", "client_credentials").is(200);
    assertThat(own.text("scope")).isEqualTo("chat:admin textsync:read");

    assertThat(exchange(key, "subject_token", "anna").is(200).text("scope"))
        .isEqualTo("textsync:read");
    exchange(key, "subject_token", "anna", "scope", "chat:admin")
        .isOAuthError(400, "invalid_scope");
    exchange(key, "subject_token", "anna", "scope", "chat:read chat:admin")
        .isOAuthError(400, "invalid_scope");
    // admin includes read and write, so they are not above it
    assertThat(exchange(key, "subject_token", "anna", "scope", "chat:write").is(200).text("scope"))
        .isEqualTo("chat:write");
  }

  @Test
  void refusesAUserTokenFromAKeyWithNothingForUsers() {
    ClientKey key = auth.newKey("{\"name\":\"backend\",\"scope\":\"chat:admin\"}");
    exchange(key, "subject_token", "anna").isOAuthError(400, "invalid_scope");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                                              | invalid_request
          &&&                                                             | invalid_request
          grant_type                                                      | invalid_request
          grant_type=                                                     | invalid_request
          scope=chat:read                                                 | invalid_request
          grant_type=password                                             | unsupported_grant_type
          grant_type=authorization_code                                   | unsupported_grant_type
          grant_type=refresh_token                                        | unsupported_grant_type
          grant_type=Client_Credentials                                   | unsupported_grant_type
          grant_type=client_credentials&grant_type=client_credentials     | invalid_request
          grant_type=client_credentials&scope=chat:read&scope=chat:read   | invalid_request
          grant_type=client_credentials&x=1&x=2                           | invalid_request
          grant_type=client_credentials&scope=&scope=chat:read            | invalid_request
          grant_type=client_credentials&s%63ope=chat:read&scope=chat:read | invalid_request
          grant_type=client_credentials&scope=%                           | invalid_request
          grant_type=client_credentials&scope=%2                          | invalid_request
          grant_type=client_credentials&scope=%zz                         | invalid_request
          grant_type=client_credentials&scope=%ff                         | invalid_request
          grant_type=client_credentials&scope=%c0%80                      | invalid_request
          grant_type=client_credentials&scope=%ed%a0%80                   | invalid_request
          grant_type=client_credentials&%ff=1                             | invalid_request
          grant_type=client_credentials&client_secret=x                   | invalid_request
          grant_type=client_credentials&client_assertion=x                | invalid_request
          grant_type=client_credentials&client_id=other                   | invalid_request
          {"grant_type":"client_credentials"}                             | invalid_request
          grant_type=client_credentials&audience=elsewhere                | invalid_target
          grant_type=client_credentials&audience=Plimsoll                 | invalid_target
          grant_type=client_credentials&resource=https%3A%2F%2Fx.example  | invalid_target
          grant_type=client_credentials&resource=plimsoll                 | invalid_target
          """)
  void refusesMalformedRequests(String form, String error) {
    ClientKey key = auth.newKey();
    auth.send(auth.tokenRequest(form).header("Authorization", basic(key.id(), key.secret())))
        .isOAuthError(400, error);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          subject_token=anna                                                        | invalid_request
          subject_token_type=USER                                                   | invalid_request
          subject_token=&subject_token_type=USER                                    | invalid_request
          subject_token=anna&subject_token_type=JWT                                 | invalid_request
          subject_token=a+b&subject_token_type=USER                                 | invalid_request
          subject_token=a%2Fb&subject_token_type=USER                               | invalid_request
          subject_token=.&subject_token_type=USER                                   | invalid_request
          subject_token=..&subject_token_type=USER                                  | invalid_request
          subject_token=%2E%2E&subject_token_type=USER                              | invalid_request
          subject_token=%C3%A4&subject_token_type=USER                              | invalid_request
          subject_token=a%00&subject_token_type=USER                                | invalid_request
          subject_token=a%0A&subject_token_type=USER                                | invalid_request
          subject_token=a&subject_token=b&subject_token_type=USER                   | invalid_request
          subject_token=a&subject_token_type=USER&actor_token=b                     | invalid_request
          subject_token=a&subject_token_type=USER&requested_token_type=urn:x        | invalid_request
          subject_token=a&subject_token_type=USER&audience=elsewhere                | invalid_target
          subject_token=a&subject_token_type=USER&resource=https%3A%2F%2Fx.example  | invalid_target
          """)
  void refusesMalformedExchanges(String form, String error) {
    ClientKey key = auth.newKey();
    String whole =
        "grant_type=" + EXCHANGE + "&" + form.replace("USER", USER).replace("JWT", ACCESS_TOKEN);
    auth.send(auth.tokenRequest(whole).header("Authorization", basic(key.id(), key.secret())))
        .isOAuthError(400, error);
  }

  @Test
  void boundsUserIds() {
    ClientKey key = auth.newKey();
    exchange(key, "subject_token", "u".repeat(128)).is(200);
    exchange(key, "subject_token", "...").is(200);
    exchange(key, "subject_token", "u".repeat(129)).isOAuthError(400, "invalid_request");
  }

  @Test
  void ignoresWhatOAuthDoesNotKnowAndWhatIsEmpty() {
    ClientKey key = auth.newKey();
    auth.token(key, "grant_type", "client_credentials", "scope", "", "colour", "blue").is(200);
    auth.token(key, "grant_type", "client_credentials", "client_id", key.id()).is(200);
    auth.token(key, "grant_type", "client_credentials", "audience", "plimsoll", "resource", "")
        .is(200);
    exchange(
            key,
            "subject_token",
            "anna",
            "requested_token_type",
            ACCESS_TOKEN,
            "audience",
            "plimsoll")
        .is(200);
  }

  @Test
  void refusesParametersInTheQuery() {
    ClientKey key = auth.newKey();
    auth.send(
            auth.publicPort("/auth/oauth2/token?grant_type=client_credentials")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Authorization", basic(key.id(), key.secret()))
                .POST(BodyPublishers.ofString("grant_type=client_credentials")))
        .isOAuthError(400, "invalid_request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=ISO-8859-1",
        "nonsense",
        "application/x-www-form-urlencoded; charset=nonsense"
      })
  void refusesOtherContentTypes(String type) {
    ClientKey key = auth.newKey();
    auth.send(
            auth.publicPort("/auth/oauth2/token")
                .header("Content-Type", type)
                .header("Authorization", basic(key.id(), key.secret()))
                .POST(BodyPublishers.ofString("grant_type=client_credentials")))
        .isOAuthError(400, "invalid_request");
  }

  @Test
  void refusesARequestWithoutContentType() {
    ClientKey key = auth.newKey();
    auth.send(
            auth.publicPort("/auth/oauth2/token")
                .header("Authorization", basic(key.id(), key.secret()))
                .POST(BodyPublishers.noBody()))
        .isOAuthError(400, "invalid_request");
  }

  @Test
  void readsTheFormWhateverTheClientAccepts() {
    ClientKey key = auth.newKey();
    auth.send(
            auth.publicPort("/auth/oauth2/token")
                .header("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
                .header("Accept", "text/html")
                .header("Authorization", basic(key.id(), key.secret()))
                .POST(BodyPublishers.ofString("grant_type=client_credentials")))
        .is(200);
  }

  @ParameterizedTest
  @ValueSource(ints = {8 * 1024 + 1, 1024 * 1024})
  void refusesLargeBodies(int size) {
    ClientKey key = auth.newKey();
    String form = "grant_type=client_credentials&x=";
    auth.send(
            auth.tokenRequest(form + "a".repeat(size - form.length()))
                .header("Authorization", basic(key.id(), key.secret())))
        .isOAuthError(400, "invalid_request");
  }

  @Test
  void refusesManyParameters() {
    ClientKey key = auth.newKey();
    StringBuilder form = new StringBuilder("grant_type=client_credentials");
    for (int i = 0; i < 40; i++) {
      form.append("&p").append(i).append("=1");
    }
    auth.send(
            auth.tokenRequest(form.toString())
                .header("Authorization", basic(key.id(), key.secret())))
        .isOAuthError(400, "invalid_request");
  }

  @Test
  void refusesInvalidUtf8() {
    ClientKey key = auth.newKey();
    byte[] latin1 = "grant_type=client_credentials&x=é".getBytes(StandardCharsets.ISO_8859_1);
    auth.send(
            auth.tokenRequest("")
                .header("Authorization", basic(key.id(), key.secret()))
                .POST(BodyPublishers.ofByteArray(latin1)))
        .isOAuthError(400, "invalid_request");
  }

  @Test
  void refusesEveryBadAuthentication() {
    ClientKey key = auth.newKey();
    ClientKey other = auth.newKey();
    String form = form("grant_type", "client_credentials");
    auth.send(auth.tokenRequest(form)).isOAuthError(401, "invalid_client");
    for (String authorization :
        List.of(
            "",
            "Basic",
            "Basic ",
            "Basic !!!",
            "Basic "
                + Base64.getEncoder().encodeToString("no colon".getBytes(StandardCharsets.UTF_8)),
            "Basic /zph", // 0xff : a
            "Digest username=x",
            "Basic " + "A".repeat(2048),
            basic("", key.secret()),
            basic(key.id(), ""),
            basic(key.id(), key.secret() + "x"),
            basic(key.id(), key.secret().substring(1)),
            basic(key.id(), other.secret()),
            basic("key_unknown", key.secret()),
            basic("' or true --", key.secret()),
            basic(key.id() + "%00", key.secret()),
            basic("%zz", key.secret()))) {
      auth.send(auth.tokenRequest(form).header("Authorization", authorization))
          .isOAuthError(401, "invalid_client");
    }
    auth.send(
            auth.tokenRequest(form)
                .header("Authorization", basic(key.id(), key.secret()))
                .header("Authorization", basic(key.id(), key.secret())))
        .isOAuthError(401, "invalid_client");
    auth.send(auth.tokenRequest(form).header("Authorization", basic(key.id(), key.secret())))
        .is(200);
  }

  @Test
  void doesNotTellAnUnknownKeyFromAWrongSecret() {
    ClientKey key = auth.newKey();
    String form = form("grant_type", "client_credentials");
    Answer wrong =
        auth.send(auth.tokenRequest(form).header("Authorization", basic(key.id(), "wrong")));
    Answer unknown =
        auth.send(auth.tokenRequest(form).header("Authorization", basic("key_unknown", "wrong")));
    assertThat(wrong.body()).isEqualTo(unknown.body());
  }

  @Test
  void readsPercentEncodedCredentials() {
    ClientKey key = auth.newKey();
    auth.send(
            auth.tokenRequest(form("grant_type", "client_credentials"))
                .header(
                    "Authorization",
                    basic(key.id().replace("_", "%5F"), key.secret().replace("_", "%5f"))))
        .is(200);
  }

  @Test
  void refusesADisabledKeyAtOnce() {
    ClientKey key = auth.newKey();
    auth.token(key, "grant_type", "client_credentials").is(200);
    auth.admin("DELETE", "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id()).is(204);
    Answer refused =
        auth.token(key, "grant_type", "client_credentials").isOAuthError(401, "invalid_client");
    assertThat(refused.text("error_description")).contains("disabled");
    // only who holds the secret learns that
    ClientKey guess = new ClientKey(key.tenant(), key.id(), "guess");
    assertThat(auth.token(guess, "grant_type", "client_credentials").text("error_description"))
        .doesNotContain("disabled");
  }

  @Test
  void refusesAnExpiredKeyAndLetsNoTokenOutliveIt() {
    Instant expiry = Instant.now().plus(Duration.ofMinutes(30));
    ClientKey key = auth.newKey("{\"name\":\"short\",\"expiresAt\":\"%s\"}".formatted(expiry));
    Answer answer = auth.token(key, "grant_type", "client_credentials").is(200);
    assertThat(claims(answer).getExpirationTime())
        .isEqualTo(Date.from(Instant.ofEpochSecond(expiry.getEpochSecond())));
    assertThat(answer.json().path("expires_in").asInt()).isBetween(1, 1800);

    auth.clock().advance(Duration.ofMinutes(30));
    assertThat(
            auth.token(key, "grant_type", "client_credentials")
                .isOAuthError(401, "invalid_client")
                .text("error_description"))
        .contains("expired");
  }

  @Test
  void notesTheHourOfLastUseOnceAnHour() {
    ClientKey key = auth.newKey();
    assertThat(lastUsedHour(key)).isEmpty();
    auth.token(key, "grant_type", "client_credentials").is(200);
    String first = lastUsedHour(key);
    assertThat(first).endsWith(":00:00Z");
    long version = rowVersion(key);
    auth.token(key, "grant_type", "client_credentials").is(200);
    if (lastUsedHour(key).equals(first)) {
      assertThat(rowVersion(key)).as("no write in the same hour").isEqualTo(version);
    }
    auth.clock().advance(Duration.ofHours(1));
    auth.token(key, "grant_type", "client_credentials").is(200);
    assertThat(Instant.parse(lastUsedHour(key))).isAfter(Instant.parse(first));
    auth.token(new ClientKey(key.tenant(), key.id(), "wrong"), "grant_type", "client_credentials");
  }

  @Test
  void countsWhatItAnswers() {
    ClientKey key = auth.newKey();
    double before = metric("plimsoll_auth_tokens_total{actor=\"user\"}");
    double refusedBefore = metric("plimsoll_auth_refusals_total{error=\"invalid_scope\"}");
    exchange(key, "subject_token", "anna").is(200);
    exchange(key, "subject_token", "anna", "scope", "other:read");
    assertThat(metric("plimsoll_auth_tokens_total{actor=\"user\"}")).isEqualTo(before + 1);
    assertThat(metric("plimsoll_auth_refusals_total{error=\"invalid_scope\"}"))
        .isEqualTo(refusedBefore + 1);
  }

  @Test
  void answersGetAndOthersWithAProblem() {
    auth.send(auth.publicPort("/auth/oauth2/token").GET()).isProblem(405, "method-not-allowed");
  }

  private Answer exchange(ClientKey key, String... parameters) {
    String[] all = new String[parameters.length + 4];
    System.arraycopy(
        new String[] {"grant_type", EXCHANGE, "subject_token_type", USER}, 0, all, 0, 4);
    System.arraycopy(parameters, 0, all, 4, parameters.length);
    return auth.token(key, all);
  }

  private JWTClaimsSet claims(Answer answer) {
    return Verified.claims(auth, "at+jwt", answer.text("access_token"));
  }

  private String lastUsedHour(ClientKey key) {
    return auth.admin("GET", "/admin/v1/tenants/" + key.tenant() + "/keys")
        .json()
        .at("/keys/0/lastUsedHour")
        .asString();
  }

  private long rowVersion(ClientKey key) {
    return auth.jdbc()
        .sql("select xmin::text::bigint from api_keys where key_id = :key")
        .param("key", key.id())
        .query(Long.class)
        .single();
  }

  private double metric(String series) {
    return auth.send(auth.internalPortUnauthenticated("/actuator/prometheus"))
        .body()
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElseThrow();
  }
}
