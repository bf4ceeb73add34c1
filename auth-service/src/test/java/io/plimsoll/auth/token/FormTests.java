package io.plimsoll.auth.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormTests {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a=b             | b
          &&a=b&          | b
          x=1&a=b         | b
          a=b=c           | b=c
          a=%62           | b
          %61=b           | b
          a=b%26c%3Dd     | b&c=d
          a=b+c%2B        | b c+
          a=%C3%A4        | ä
          a=%F0%9F%9A%A2  | 🚢
          """)
  void decodesValues(String form, String value) {
    assertThat(parse(form).get("a")).hasValue(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "a=", "b=1", "&", "A=1"})
  void takesAbsentAndEmptyAlike(String form) {
    assertThat(parse(form).get("a")).isEmpty();
    assertThatThrownBy(() -> parse(form).need("a"))
        .isInstanceOfSatisfying(
            OAuthException.class, e -> assertThat(e.error()).isEqualTo(OAuthError.INVALID_REQUEST));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a=1&a=1", "a&a", "a=1&%61=1", "a=%", "a=%1", "a=%g1", "a=%ff", "%e4=1", "=1&=2"})
  void refusesWhatIsMalformed(String form) {
    assertThatThrownBy(() -> parse(form)).isInstanceOf(OAuthException.class);
  }

  @Test
  void neverRepeatsWhatItRead() {
    assertThatThrownBy(() -> parse("client_secret=hush&client_secret=hush"))
        .hasMessageNotContaining("hush");
  }

  private static Form parse(String form) {
    return Form.parse(form.getBytes(StandardCharsets.UTF_8));
  }
}
