package io.plimsoll.gateway.signature;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The native library and the JDK, which does its work where it does not load, say the same of
/// every signature.
class ProviderTests {

  enum Provider {
    NATIVE,
    JDK;

    /// Its cryptography; the test does not apply where the library does not load.
    Cryptography cryptography() {
      if (this == JDK) {
        assertThat(Cryptography.JDK.isNative(Cryptography.ES256)).isFalse();
        return Cryptography.JDK;
      }
      Assumptions.assumeTrue(Cryptography.BEST.isNative(Cryptography.ES256));
      return Cryptography.BEST;
    }
  }

  /// RFC 7515, appendix A.3.
  private static final ECKey EC =
      new ECKey.Builder(
              Curve.P_256,
              new Base64URL("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
              new Base64URL("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
          .build();

  private static final String EC_SIGNED =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
          + "NvbS9pc19yb290Ijp0cnVlfQ";
  private static final byte[] EC_SIGNATURE =
      decoded(
          "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");

  /// RFC 8037, appendix A.4.
  private static final OctetKeyPair ED =
      new OctetKeyPair.Builder(
              Curve.Ed25519, new Base64URL("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
          .build();

  private static final String ED_SIGNED =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  private static final byte[] ED_SIGNATURE =
      decoded(
          "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");

  /// RFC 8032, section 5.1: the order of the base point.
  private static final BigInteger L =
      BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

  record Case(String name, JWK key, String signed, Base64URL signature, boolean verifies) {

    Case(String name, JWK key, String signed, byte[] signature, boolean verifies) {
      this(name, key, signed, Base64URL.encode(signature), verifies);
    }
  }

  static Stream<Arguments> cases() throws Exception {
    BigInteger n = Curve.P_256.toECParameterSpec().getOrder();
    BigInteger r = new BigInteger(1, Arrays.copyOf(EC_SIGNATURE, 32));
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(EC_SIGNATURE, 32, 64));
    BigInteger edS = new BigInteger(1, reversed(Arrays.copyOfRange(ED_SIGNATURE, 32, 64)));
    byte[] malleable = ED_SIGNATURE.clone();
    System.arraycopy(reversed(bytes(edS.add(L))), 0, malleable, 32, 32);
    ECKey other = new ECKeyGenerator(Curve.P_256).generate().toPublicJWK();
    OctetKeyPair otherEd =
        new OctetKeyPair.Builder(
                Curve.Ed25519, new Base64URL("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"))
            .build();
    BigInteger zero = BigInteger.ZERO;
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("ES256", EC, EC_SIGNED, EC_SIGNATURE, true));
    cases.add(new Case("the twin", EC, EC_SIGNED, pair(r, n.subtract(s)), true));
    cases.add(new Case("another text", EC, EC_SIGNED + "A", EC_SIGNATURE, false));
    cases.add(new Case("another key", other, EC_SIGNED, EC_SIGNATURE, false));
    cases.add(new Case("a bit of r", EC, EC_SIGNED, flipped(EC_SIGNATURE, 5), false));
    cases.add(new Case("a bit of s", EC, EC_SIGNED, flipped(EC_SIGNATURE, 40), false));
    cases.add(new Case("zeros", EC, EC_SIGNED, new byte[64], false));
    cases.add(new Case("r of zero", EC, EC_SIGNED, pair(zero, s), false));
    cases.add(new Case("s of zero", EC, EC_SIGNED, pair(r, zero), false));
    cases.add(new Case("r of the order", EC, EC_SIGNED, pair(n, s), false));
    cases.add(new Case("s of the order", EC, EC_SIGNED, pair(r, n), false));
    cases.add(new Case("r and s of the order", EC, EC_SIGNED, pair(n, n), false));
    cases.add(new Case("r and s exchanged", EC, EC_SIGNED, pair(s, r), false));
    cases.add(new Case("63 bytes", EC, EC_SIGNED, Arrays.copyOf(EC_SIGNATURE, 63), false));
    cases.add(new Case("65 bytes", EC, EC_SIGNED, Arrays.copyOf(EC_SIGNATURE, 65), false));
    cases.add(new Case("no bytes", EC, EC_SIGNED, new byte[0], false));
    cases.add(new Case("EdDSA", ED, ED_SIGNED, ED_SIGNATURE, true));
    cases.add(new Case("EdDSA, another text", ED, ED_SIGNED + "A", ED_SIGNATURE, false));
    cases.add(new Case("EdDSA, another key", otherEd, ED_SIGNED, ED_SIGNATURE, false));
    cases.add(new Case("EdDSA, a bit of R", ED, ED_SIGNED, flipped(ED_SIGNATURE, 5), false));
    cases.add(new Case("EdDSA, a bit of S", ED, ED_SIGNED, flipped(ED_SIGNATURE, 40), false));
    cases.add(new Case("EdDSA, zeros", ED, ED_SIGNED, new byte[64], false));
    cases.add(new Case("EdDSA, S and the order", ED, ED_SIGNED, malleable, false));
    cases.add(new Case("EdDSA, 63 bytes", ED, ED_SIGNED, Arrays.copyOf(ED_SIGNATURE, 63), false));
    cases.add(new Case("EdDSA, 65 bytes", ED, ED_SIGNED, Arrays.copyOf(ED_SIGNATURE, 65), false));
    cases.add(new Case("EdDSA, no bytes", ED, ED_SIGNED, new byte[0], false));
    return Stream.of(Provider.values())
        .flatMap(provider -> cases.stream().map(each -> arguments(provider, each.name(), each)));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("cases")
  void verifies(Provider provider, String name, Case given) throws Exception {
    VerificationKey key = VerificationKey.Public.of(given.key(), provider.cryptography());
    assertThat(key.verifies(given.signed().getBytes(US_ASCII), given.signature().decode()))
        .isEqualTo(given.verifies());
  }

  @ParameterizedTest
  @EnumSource
  void readsPublicKeysOfItsTwoCurvesAlone(Provider provider) throws Exception {
    Cryptography by = provider.cryptography();
    ECKey key = new ECKeyGenerator(Curve.P_256).generate();
    assertThatExceptionOfType(InvalidKeyException.class)
        .isThrownBy(() -> VerificationKey.Public.of(key, by));
    ECKey wide = new ECKeyGenerator(Curve.P_384).generate().toPublicJWK();
    assertThatExceptionOfType(InvalidKeyException.class)
        .isThrownBy(() -> VerificationKey.Public.of(wide, by));
    OctetKeyPair shorter =
        new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(new byte[31])).build();
    assertThatExceptionOfType(InvalidKeyException.class)
        .isThrownBy(() -> VerificationKey.Public.of(shorter, by));
  }

  @ParameterizedTest
  @EnumSource
  void aKeyReadAgainIsTheSame(Provider provider) throws Exception {
    Cryptography by = provider.cryptography();
    for (JWK key : List.of(EC, ED)) {
      VerificationKey first = VerificationKey.Public.of(key, by);
      assertThat(VerificationKey.Public.of(JWK.parse(key.toJSONString()), by)).isEqualTo(first);
    }
    ECKey other = new ECKeyGenerator(Curve.P_256).generate().toPublicJWK();
    assertThat(VerificationKey.Public.of(other, by))
        .isNotEqualTo(VerificationKey.Public.of(EC, by));
  }

  @ParameterizedTest
  @EnumSource
  void signsWhatBothVerify(Provider provider) throws Exception {
    ECKey key = new ECKeyGenerator(Curve.P_256).generate();
    byte[] signed = {'a', '.', 'b'};
    byte[] signature = new SigningKey(key, provider.cryptography()).sign(signed, 0, 3);
    assertThat(signature).hasSize(64);
    for (Cryptography by : List.of(Cryptography.BEST, Cryptography.JDK)) {
      assertThat(VerificationKey.Public.of(key.toPublicJWK(), by).verifies(signed, signature))
          .isTrue();
    }
  }

  private static byte[] decoded(String text) {
    return Base64.getUrlDecoder().decode(text);
  }

  private static byte[] pair(BigInteger r, BigInteger s) {
    byte[] pair = Arrays.copyOf(bytes(r), 64);
    System.arraycopy(bytes(s), 0, pair, 32, 32);
    return pair;
  }

  /// 32 bytes, the greatest first.
  private static byte[] bytes(BigInteger number) {
    byte[] signed = number.toByteArray();
    byte[] bytes = new byte[32];
    int from = Math.max(0, signed.length - 32);
    System.arraycopy(signed, from, bytes, 32 - (signed.length - from), signed.length - from);
    return bytes;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  private static byte[] flipped(byte[] bytes, int at) {
    byte[] flipped = bytes.clone();
    flipped[at] ^= 1;
    return flipped;
  }
}
