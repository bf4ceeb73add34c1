package io.plimsoll.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.AsciiString;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldNamesTests {

  private final FieldNames names = FieldNames.of("x-host", "te").and("x-user*");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-host",
        "X-Host",
        "x_host",
        "X_HOST",
        "te",
        "TE",
        "x-user",
        "X_User_Id",
        "X-USERS"
      })
  void holdsThemHoweverTheyAreWritten(String name) {
    assertThat(names.contain(name)).isTrue();
    assertThat(names.contain(AsciiString.of(name))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "x", "x-hos", "x-hosts", "t", "tee", "x-use", "xuser", "y-host", "*", "-", "é", "x-hosţ"
      })
  void holdsNoOthers(String name) {
    assertThat(names.contain(name)).isFalse();
  }
}
