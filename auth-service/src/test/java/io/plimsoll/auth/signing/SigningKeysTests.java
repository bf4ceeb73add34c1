package io.plimsoll.auth.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.OctetSequenceKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.Secrets;
import io.plimsoll.auth.TestProperties;
import io.plimsoll.service.UnusableSecretException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;

class SigningKeysTests {

  @Test
  void signsWithTheFirstKeyAndPublishesAll() throws Exception {
    ECKey first = Secrets.newKey("2026-b");
    ECKey second = Secrets.newKey("2026-a");
    SigningKeys keys = keys(Secrets.set(first, second));
    JWTClaimsSet claims = new JWTClaimsSet.Builder().subject("anna").build();
    SignedJWT jwt = SignedJWT.parse(keys.sign(new JOSEObjectType("at+jwt"), claims));
    assertThat(jwt.getHeader().getKeyID()).isEqualTo("2026-b");
    assertThat(jwt.getHeader().getType().getType()).isEqualTo("at+jwt");
    assertThat(jwt.getHeader().getAlgorithm().getName()).isEqualTo("ES256");
    assertThat(jwt.verify(new ECDSAVerifier(first.toPublicJWK()))).isTrue();

    JWKSet published = JWKSet.parse(keys.publicSet());
    assertThat(published.getKeys())
        .extracting(key -> key.getKeyID())
        .containsExactly("2026-b", "2026-a");
    assertThat(published.containsNonPublicKeys()).isFalse();
    assertThat(keys.publicSet()).doesNotContain(String.valueOf(first.getD()), "\"d\"");
  }

  @Test
  void refusesUnfitSets() throws JOSEException {
    ECKey good = Secrets.newKey("good");
    ECKey other = Secrets.newKey("other");
    ECKey torn =
        new ECKey.Builder(Curve.P_256, other.getX(), other.getY())
            .d(good.getD())
            .keyID("torn")
            .build();
    for (String set :
        List.of(
            "",
            "{}",
            "{\"keys\":[]}",
            "{\"keys\":{}}",
            good.toJSONString(),
            Secrets.set(good.toPublicJWK()),
            Secrets.set(good, other.toPublicJWK()),
            Secrets.set(good, good),
            Secrets.set(new ECKey.Builder(good).keyID(null).build()),
            Secrets.set(Secrets.newKey(Curve.P_384, "p384")),
            Secrets.set(new OctetSequenceKeyGenerator(256).keyID("shared").generate()),
            Secrets.set(torn),
            // a point that is not on the curve
            Secrets.set(good).replace(good.getX().toString(), other.getX().toString()),
            Secrets.set(good).replace("{\"keys\"", "{{\"keys\""))) {
      assertThatThrownBy(() -> keys(set))
          .as(set)
          .isInstanceOf(UnusableSecretException.class)
          .hasMessageStartingWith("plimsoll.auth.signing-keys ")
          .hasMessageNotContainingAny(good.getD().toString());
    }
  }

  @Test
  void refusesNoFileAndAFileThatIsAway() {
    assertThatThrownBy(() -> new SigningKeys(properties(null)))
        .hasMessage("plimsoll.auth.signing-keys is not set");
    assertThatThrownBy(() -> new SigningKeys(properties(new FileSystemResource("/nowhere/x"))))
        .hasMessageContaining("can't be read")
        .hasMessageContaining("/nowhere/x");
  }

  private static SigningKeys keys(String set) {
    return new SigningKeys(properties(new ByteArrayResource(set.getBytes(StandardCharsets.UTF_8))));
  }

  private static AuthProperties properties(@Nullable Resource keys) {
    return TestProperties.of(keys, null);
  }
}
