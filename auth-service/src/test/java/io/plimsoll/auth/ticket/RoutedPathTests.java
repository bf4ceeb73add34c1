package io.plimsoll.auth.ticket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoutedPathTests {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/chat/v1/rooms/r1/events",
        "/chat/v1/me/events",
        "/a",
        "/a.b/..c/d..",
        "/a/...",
        "/chat/v1/rooms/r%20~1/events",
        "/a/b:c@d;e=f,g!$&'()*+",
        "/a/%C3%A4"
      })
  void takesThePathOfAStreamAsItIs(String path) {
    assertThat(RoutedPath.parse(path)).hasValue(new RoutedPath(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "a",
        "chat/v1",
        "//a",
        "/a//b",
        "/a/",
        "/.",
        "/..",
        "/a/.",
        "/a/..",
        "/./a",
        "/a/../b",
        "/a/%2e/b",
        "/a/%2E%2e/b",
        "/a/.%2e",
        "/a/..;x/b",
        "/a/.;/b",
        "/a%2Fb",
        "/a%2fb",
        "/a%5Cb",
        "/a%5cb",
        "/a%00",
        "/a\\b",
        "/a?b",
        "/a?",
        "/a#b",
        "/a b",
        "/a\n",
        "/a\u0000",
        "/ä",
        "/a%",
        "/a%2",
        "/a%zz",
        "/a\"b",
        "/a<b>",
        "/{a}",
        "http://h/a",
        "/a|b",
        "/a^b",
        "/a`b"
      })
  void refusesWhatIsNotRouted(String path) {
    assertThat(RoutedPath.parse(path)).isEmpty();
  }

  @Test
  void boundsTheLength() {
    assertThat(RoutedPath.parse("/" + "a".repeat(1023))).isPresent();
    assertThat(RoutedPath.parse("/" + "a".repeat(1024))).isEmpty();
    // and takes no more time or stack than that for what is long
    assertThat(RoutedPath.parse("/a".repeat(500_000))).isEmpty();
    assertThat(RoutedPath.parse("/a".repeat(512))).isPresent();
  }
}
