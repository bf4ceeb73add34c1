package io.plimsoll.auth.key;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScopesTests {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "chat",
        "chat:",
        ":read",
        "chat:Read",
        "Chat:read",
        "chat:read ",
        " chat:read",
        "chat:read  chat:write",
        "chat:read\tchat:write",
        "chat:read\n",
        "chat:read:write",
        "1a:read"
      })
  void refusesMalformedScopes(String text) {
    assertThat(Scopes.parse(text)).isEmpty();
  }

  @Test
  void keepsTheOrderAndDropsRepeats() {
    assertThat(scopes("b:read a:write b:read")).hasToString("b:read a:write");
  }

  /// What is in a token was asked for already: a gateway takes it at any length.
  @Test
  void readsTheScopeOfATokenAsGatewaysDo() {
    assertThat(Scopes.ofToken("").orElseThrow().isEmpty()).isTrue();
    assertThat(Scopes.ofToken("a:read" + " a:read".repeat(200)).orElseThrow())
        .hasToString("a:read");
    assertThat(Scopes.ofToken(" ")).isEmpty();
    assertThat(Scopes.ofToken("a:read ")).isEmpty();
  }

  @Test
  void boundsTheLength() {
    String longest = "x".repeat(32) + ":read";
    assertThat(Scopes.parse(longest)).isPresent();
    assertThat(Scopes.parse("x" + longest)).isEmpty();
    assertThat(Scopes.parse((longest + " ").repeat(40) + longest)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "chat:read, chat:read, true",
    "chat:read chat:write, chat:write, true",
    "chat:read, chat:write, false",
    "chat:admin, chat:read chat:write, true",
    "chat:admin, chat:admin, true",
    "chat:read chat:write, chat:admin, false",
    "chat:admin, chatter:read, false",
    "chat:admin, chat:read other:read, false"
  })
  void coverWhatIsAtOrBelowThem(String ceiling, String asked, boolean covered) {
    assertThat(scopes(ceiling).cover(scopes(asked))).isEqualTo(covered);
  }

  @Test
  void separateAdminFromTheRest() {
    Scopes both = scopes("chat:admin chat:read");
    assertThat(both.haveAdmin()).isTrue();
    assertThat(both.withoutAdmin()).hasToString("chat:read");
    assertThat(both.withoutAdmin().haveAdmin()).isFalse();
    assertThat(scopes("chat:admin").withoutAdmin().isEmpty()).isTrue();
  }

  private static Scopes scopes(String text) {
    return Scopes.parse(text).orElseThrow();
  }
}
