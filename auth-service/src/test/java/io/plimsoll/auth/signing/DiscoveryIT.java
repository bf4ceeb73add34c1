package io.plimsoll.auth.signing;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import io.plimsoll.auth.Secrets;
import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.Verified;
import io.plimsoll.service.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiscoveryIT {

  private final TestAuth auth = TestAuth.shared();

  @Test
  void publishesNothingPrivate() throws Exception {
    JWKSet set = JWKSet.parse(auth.keySet());
    assertThat(set.getKeys()).hasSize(1);
    assertThat(set.containsNonPublicKeys()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/.well-known/oauth-authorization-server/auth",
        "/auth/.well-known/oauth-authorization-server"
      })
  void describesItself(String path) {
    Answer metadata = auth.send(auth.publicPort(path)).is(200);
    assertThat(metadata.header("Cache-Control")).isEqualTo("max-age=300, public");
    assertThat(metadata.text("issuer")).isEqualTo(TestAuth.ISSUER);
    assertThat(metadata.text("token_endpoint")).isEqualTo(TestAuth.ISSUER + "/oauth2/token");
    assertThat(metadata.text("revocation_endpoint")).isEqualTo(TestAuth.ISSUER + "/oauth2/revoke");
    assertThat(metadata.text("jwks_uri")).isEqualTo(TestAuth.ISSUER + "/oauth2/jwks");
  }

  @Test
  void changesKeysWithoutABreak() throws Exception {
    var old = Secrets.newKey("old");
    var next = Secrets.newKey("next");
    String fromOld;
    try (TestAuth before = serving(Secrets.set(old, next))) {
      fromOld = tokenOf(before);
      assertThat(SignedJWT.parse(fromOld).getHeader().getKeyID()).isEqualTo("old");
    }
    try (TestAuth after = serving(Secrets.set(next, old))) {
      String fromNext = tokenOf(after);
      assertThat(SignedJWT.parse(fromNext).getHeader().getKeyID()).isEqualTo("next");
      Verified.claims(after, "at+jwt", fromNext);
      Verified.claims(after, "at+jwt", fromOld);
    }
  }

  @Test
  void changesKeysWithoutARestart() throws Exception {
    var old = Secrets.newKey("old");
    var next = Secrets.newKey("next");
    Path file = Secrets.path(Secrets.set(old));
    try (TestAuth auth =
        TestAuth.start(
            Map.of(
                "plimsoll.auth.signing-keys",
                file.toUri().toString(),
                "plimsoll.auth.reload",
                "50ms"))) {
      String fromOld = tokenOf(auth);
      Files.writeString(file, Secrets.set(old, next));
      Awaitility.await().until(() -> JWKSet.parse(auth.keySet()).getKeys().size() == 2);
      assertThat(SignedJWT.parse(tokenOf(auth)).getHeader().getKeyID()).isEqualTo("old");
      // a fault changes nothing
      Files.writeString(file, "{");
      Files.writeString(file, Secrets.set(next, next));
      Files.writeString(file, Secrets.set(next, old));
      Awaitility.await()
          .until(() -> SignedJWT.parse(tokenOf(auth)).getHeader().getKeyID().equals("next"));
      Verified.claims(auth, "at+jwt", fromOld);
      Files.delete(file);
      Verified.claims(auth, "at+jwt", tokenOf(auth));
    }
  }

  private static TestAuth serving(String set) {
    return TestAuth.start(Map.of("plimsoll.auth.signing-keys", Secrets.file(set)));
  }

  private static String tokenOf(TestAuth auth) {
    return auth.token(auth.newKey(), "grant_type", "client_credentials")
        .is(200)
        .text("access_token");
  }
}
