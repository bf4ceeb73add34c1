package io.plimsoll.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.auth.TestSigner;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// A gateway's rules for what a tenant's backend signs, one by one: what it accepts, now or later,
/// can be revoked, and introspection says of it what the gateway would.
class TokenRulesIT {

  /// `NOW`, `NOW+60`, `NOW-5`: a time in a value of the table.
  private static final Pattern TIME = Pattern.compile("NOW(?:([+-]\\d+))?");

  private final TestAuth auth = TestAuth.shared();
  private final ClientKey key = auth.newKey();
  private final TestSigner signer = TestSigner.es256(key.id());
  private final long now = Instant.now().getEpochSecond();

  /// What a gateway makes of a token.
  enum Fate {
    ACCEPTED,
    ACCEPTED_LATER,
    REFUSED
  }

  /// The value stands in the token as it is here; an empty one leaves the member out.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          aud    | "plimsoll"                            | ACCEPTED
          aud    | ["plimsoll"]                          | ACCEPTED
          aud    | ["plimsoll","other"]                  | ACCEPTED
          aud    | ["other","plimsoll"]                  | ACCEPTED
          aud    | ["plimsoll",""]                       | ACCEPTED
          aud    | ["plimsoll",5]                        | ACCEPTED
          aud    | ["plimsoll","plimsoll"]               | ACCEPTED
          aud    | [null,{"a":[]},"pl\\u0069msoll"]      | ACCEPTED
          aud    |                                       | REFUSED
          aud    | null                                  | REFUSED
          aud    | ""                                    | REFUSED
          aud    | "Plimsoll"                            | REFUSED
          aud    | "plimsoll other"                      | REFUSED
          aud    | []                                    | REFUSED
          aud    | ["other"]                             | REFUSED
          aud    | [["plimsoll"]]                        | REFUSED
          aud    | {"plimsoll":true}                     | REFUSED
          aud    | {"0":"plimsoll"}                      | REFUSED
          scope  | ""                                    | ACCEPTED
          scope  | "chat:read"                           | ACCEPTED
          scope  | "chat:write chat:read chat:write"     | ACCEPTED
          scope  | " "                                   | REFUSED
          scope  | "chat:read "                          | REFUSED
          scope  | "chat:read  chat:write"               | REFUSED
          scope  | "chat:read\\tchat:write"              | REFUSED
          scope  | "Chat:read"                           | REFUSED
          scope  | "chat:admin"                          | REFUSED
          scope  | "other:read"                          | REFUSED
          scope  | null                                  | REFUSED
          scope  | ["chat:read"]                         | REFUSED
          scope  | 1                                     | REFUSED
          iat    | NOW+30                                | ACCEPTED
          iat    | NOW-80000                             | ACCEPTED
          iat    | NOW+300                               | ACCEPTED_LATER
          iat    | 0                                     | REFUSED
          iat    | -1                                    | REFUSED
          iat    | NOW.0                                 | REFUSED
          iat    | NOWe0                                 | REFUSED
          iat    | "NOW"                                 | REFUSED
          iat    | null                                  | REFUSED
          iat    |                                       | REFUSED
          exp    | NOW+86400                             | ACCEPTED
          exp    | NOW+86401                             | REFUSED
          exp    | NOW                                   | REFUSED
          exp    | 0                                     | REFUSED
          exp    | NOW+600.0                             | REFUSED
          exp    | 1e10                                  | REFUSED
          exp    | 9007199254740992                      | REFUSED
          exp    | 100000000000000000000                 | REFUSED
          exp    | null                                  | REFUSED
          exp    |                                       | REFUSED
          nbf    | 0                                     | ACCEPTED
          nbf    | -0                                    | ACCEPTED
          nbf    | NOW                                   | ACCEPTED
          nbf    | NOW+30                                | ACCEPTED
          nbf    | NOW+300                               | ACCEPTED_LATER
          nbf    | 9007199254740991                      | ACCEPTED_LATER
          nbf    | 9007199254740992                      | REFUSED
          nbf    | -1                                    | REFUSED
          nbf    | 1.0                                   | REFUSED
          nbf    | 1e3                                   | REFUSED
          nbf    | "0"                                   | REFUSED
          nbf    | null                                  | REFUSED
          sub    | "a"                                   | ACCEPTED
          sub    | "..."                                 | ACCEPTED
          sub    | "-_.~"                                | ACCEPTED
          sub    | "\\u0061nna"                          | ACCEPTED
          sub    | "."                                   | REFUSED
          sub    | ".."                                  | REFUSED
          sub    | ""                                    | REFUSED
          sub    | "anna\\n"                             | REFUSED
          sub    | "..\\n"                               | REFUSED
          sub    | "\\u00e4"                             | REFUSED
          sub    | 7                                     | REFUSED
          sub    | null                                  | REFUSED
          sub    |                                       | REFUSED
          jti    | 5                                     | ACCEPTED
          jti    | null                                  | ACCEPTED
          jti    | "a\\u0000b"                           | ACCEPTED
          jti    | "\\ud800"                             | ACCEPTED
          other  | 1e400                                 | ACCEPTED
          other  | 123456789012345678901234567890        | ACCEPTED
          other  | {"iss":"x","tenant":"x","a":[[{}]]}   | ACCEPTED
          other  | {"a":1,"a":2}                         | REFUSED
          other  | NaN                                   | REFUSED
          other  | 01                                    | REFUSED
          tenant | null                                  | REFUSED
          Tenant | "x"                                   | ACCEPTED
          plimsoll_actor | "user"                        | REFUSED
          plimsoll_    | 1                               | REFUSED
          plimsoll     | 1                               | ACCEPTED
          client_id    | "x"                             | ACCEPTED
          iss          | "\\u006bey_unknown"             | REFUSED
          iss          |                                 | REFUSED
          header.typ   | "JWT"                           | ACCEPTED
          header.typ   | "at+jwt"                        | ACCEPTED
          header.typ   | "jwt"                           | REFUSED
          header.typ   | "application/at+jwt"            | REFUSED
          header.typ   | "plimsoll-ticket+jwt"           | REFUSED
          header.typ   | ""                              | REFUSED
          header.typ   | null                            | REFUSED
          header.alg   | "\\u0045S256"                   | ACCEPTED
          header.alg   | "es256"                         | REFUSED
          header.alg   | "EdDSA"                         | REFUSED
          header.alg   | null                            | REFUSED
          header.kid   | ""                              | REFUSED
          header.kid   | null                            | REFUSED
          header.cty   | "JWT"                           | ACCEPTED
          header.x5t   | "AAAA"                          | ACCEPTED
          header.Crit  | ["exp"]                         | ACCEPTED
          header.crit  | null                            | REFUSED
          header.crit  | []                              | REFUSED
          header.b64   | false                           | REFUSED
          header.jwk   | null                            | REFUSED
          header.jku   | ""                              | REFUSED
          header.x5u   | 0                               | REFUSED
          header.x5c   | []                              | REFUSED
          """)
  void agreesWithTheGateways(String member, @Nullable String value, Fate fate) {
    Map<String, String> header = new LinkedHashMap<>();
    header.put("alg", "\"ES256\"");
    header.put("kid", "\"" + key.id() + "\"");
    Map<String, String> claims = new LinkedHashMap<>();
    claims.put("iss", "\"" + key.id() + "\"");
    claims.put("aud", "\"plimsoll\"");
    claims.put("sub", "\"anna\"");
    claims.put("iat", "NOW");
    claims.put("exp", "NOW+600");
    Map<String, String> part = member.startsWith("header.") ? header : claims;
    if (value == null) {
      part.remove(member);
    } else {
      part.put(member.replace("header.", ""), value);
    }
    check(signer.sign(json(header), json(claims)), fate);
  }

  @Test
  void agreesOnLongOnes() {
    verify();
    check(signer.with("scope", "chat:read" + " chat:read".repeat(300)), Fate.ACCEPTED);
    check(withLength(8 * 1024), Fate.ACCEPTED);
    check(withLength(8 * 1024 + 1), Fate.REFUSED);
    check(signer.with("sub", "a".repeat(128)), Fate.ACCEPTED);
    check(signer.with("sub", "a".repeat(129)), Fate.REFUSED);
  }

  private void check(String token, Fate fate) {
    verify();
    assertThat(active(token)).isEqualTo(fate == Fate.ACCEPTED);
    long head = auth.head();
    auth.revoke(key, token).is(200);
    assertThat(
            auth.changesAfter(head).stream()
                .filter(change -> change.path("kind").asString().equals("token"))
                .map(change -> change.path("token").asString()))
        .isEqualTo(fate == Fate.REFUSED ? List.of() : List.of(name(token)));
    assertThat(active(token)).isFalse();
  }

  private void verify() {
    auth.admin(
            "PUT",
            "/admin/v1/tenants/" + key.tenant() + "/keys/" + key.id() + "/verification",
            signer.jwk())
        .is(200);
  }

  private boolean active(String token) {
    JsonNode answer =
        auth.send(
                auth.internalPort("/admin/v1/introspect")
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(BodyPublishers.ofString(TestAuth.form("token", token))))
            .is(200)
            .json();
    return answer.path("active").asBoolean();
  }

  private String json(Map<String, String> members) {
    String text =
        members.entrySet().stream()
            .map(member -> "\"" + member.getKey() + "\":" + member.getValue())
            .collect(Collectors.joining(",", "{", "}"));
    return TIME.matcher(text)
        .replaceAll(
            time ->
                String.valueOf(time.group(1) == null ? now : now + Long.parseLong(time.group(1))));
  }

  private String withLength(int length) {
    Map<String, @Nullable Object> header = signer.header();
    for (int more = 0; more < 3; more++) {
      header.put("more", "x".repeat(more));
      for (int pad = length * 3 / 4 - 400; pad < length * 3 / 4; pad++) {
        Map<String, @Nullable Object> claims = signer.claims();
        claims.put("pad", "x".repeat(pad));
        String token = signer.token(header, claims);
        if (token.length() == length) {
          return token;
        }
      }
    }
    throw new IllegalStateException("no token has " + length + " characters");
  }

  private String name(String token) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  token.substring(0, token.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII));
      return key.id() + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
