package io.plimsoll.auth.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.TestProperties;
import io.plimsoll.auth.UnusableSecretException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;

class AdminTokensTests {

  private static final String ONE = "0123456789abcdef0123456789abcdef";
  private static final String TWO = "fedcba9876543210fedcba9876543210";

  @Test
  void acceptsTwoDuringRotationAndNothingElse() {
    AdminTokens tokens = tokens(ONE + "\r\n\n" + TWO);
    assertThat(tokens.accept(ONE)).isPresent();
    assertThat(tokens.accept(TWO)).isPresent();
    assertThat(tokens.accept(ONE)).isNotEqualTo(tokens.accept(TWO));
    assertThat(tokens.accept(ONE).orElseThrow()).matches("[0-9a-f]{16}");
    assertThat(tokens.accept(ONE + TWO)).isEmpty();
    assertThat(tokens.accept(ONE + " ")).isEmpty();
    assertThat(tokens.accept(ONE.substring(1))).isEmpty();
    assertThat(tokens.accept("")).isEmpty();
    assertThat(tokens(ONE).accept(TWO)).isEmpty();
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
        .hasMessageStartingWith("plimsoll.auth.admin-tokens ")
        .hasMessageNotContainingAny(ONE, TWO, "short");
  }

  @Test
  void refusesNoFileAndAFileThatIsAway() {
    assertThatThrownBy(() -> new AdminTokens(properties(null)))
        .hasMessage("plimsoll.auth.admin-tokens is not set");
    assertThatThrownBy(() -> new AdminTokens(properties(new FileSystemResource("/nowhere/x"))))
        .hasMessageContaining("can't be read")
        .hasMessageContaining("/nowhere/x");
  }

  private static AdminTokens tokens(String content) {
    return new AdminTokens(
        properties(new ByteArrayResource(content.getBytes(StandardCharsets.UTF_8))));
  }

  private static AuthProperties properties(@Nullable Resource tokens) {
    return TestProperties.of(null, tokens);
  }
}
