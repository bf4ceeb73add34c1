package io.plimsoll.auth.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.UnusableSecretException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
    assertThat(tokens.accept(ONE)).isTrue();
    assertThat(tokens.accept(TWO)).isTrue();
    assertThat(tokens.accept(ONE + TWO)).isFalse();
    assertThat(tokens.accept(ONE + " ")).isFalse();
    assertThat(tokens.accept(ONE.substring(1))).isFalse();
    assertThat(tokens.accept("")).isFalse();
    assertThat(tokens(ONE).accept(TWO)).isFalse();
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
    return new AuthProperties(
        URI.create("http://platform.test"),
        null,
        tokens,
        Duration.ofHours(1),
        Duration.ofHours(1),
        100);
  }
}
