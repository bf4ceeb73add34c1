package io.plimsoll.service.internalport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.service.UnusableSecretException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.FileSystemResource;

class AdminTokensTests {

  private static final String ONE = "0123456789abcdef0123456789abcdef";
  private static final String TWO = "fedcba9876543210fedcba9876543210";

  @Test
  void acceptsTwoDuringRotationAndNothingElse() {
    AdminTokens tokens = tokens(ONE + "\r\n\n" + TWO);
    assertThat(tokens.fingerprint(ONE)).matches("[0-9a-f]{16}");
    assertThat(tokens.fingerprint(TWO)).matches("[0-9a-f]{16}");
    assertThat(tokens.fingerprint(ONE)).isNotEqualTo(tokens.fingerprint(TWO));
    assertThat(tokens.fingerprint(ONE + TWO)).isNull();
    assertThat(tokens.fingerprint(ONE + " ")).isNull();
    assertThat(tokens.fingerprint(ONE.substring(1))).isNull();
    assertThat(tokens.fingerprint("")).isNull();
    assertThat(tokens(ONE).fingerprint(TWO)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n\n",
        "0123456789abcdef0123456789abcde",
        ONE + "\nshort",
        ONE + "\n" + TWO + "\n" + ONE,
        ONE + " with a blank",
        ONE + "ä"
      })
  void refusesUnfitFiles(String content) {
    assertThatThrownBy(() -> tokens(content))
        .isInstanceOf(UnusableSecretException.class)
        .hasMessageStartingWith("plimsoll.internal-port.admin-tokens ")
        .hasMessageNotContainingAny(ONE, TWO, "short");
  }

  @Test
  void refusesNoFileAndAFileThatIsAway() {
    assertThatThrownBy(() -> new AdminTokens(null))
        .hasMessage("plimsoll.internal-port.admin-tokens is not set");
    assertThatThrownBy(() -> new AdminTokens(new FileSystemResource("/nowhere/x")))
        .hasMessageContaining("can't be read")
        .hasMessageContaining("/nowhere/x");
  }

  private static AdminTokens tokens(String content) {
    return new AdminTokens(new ByteArrayResource(content.getBytes(StandardCharsets.UTF_8)));
  }
}
