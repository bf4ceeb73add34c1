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
        "/a/b:c@d=f,g!$&'()*+-._~",
        "/a/%C3%A4",
        "/a/%20%21%22%3C%3E%5B%5D%7B%7D%7e%80%fF",
        "/a/%3f%23%40%3A%2d%2A",
        "/",
        "/a/",
        "/a/.../"
      })
  void takesThePathOfAStreamAsItIs(String path) {
    assertThat(RoutedPath.parse(path)).hasValue(new RoutedPath(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "chat/v1",
        "//a",
        "//",
        "/a//",
        "/a//b",
        "/./",
        "/a/../",
        "/.",
        "/..",
        "/a/.",
        "/a/..",
        "/./a",
        "/a/../b",
        "/a/%2e/b",
        "/a/%2E%2e/b",
        "/a/.%2e",
        "/a/b%2ec",
        "/a.b%2E",
        "/a/..;x/b",
        "/a/.;/b",
        "/a;",
        "/a;x=1/b",
        "/;",
        "/a%3Bb",
        "/a%3bb",
        "/a%25",
        "/a%252Fb",
        "/a%2Fb",
        "/a%2fb",
        "/a%5Cb",
        "/a%5cb",
        "/a%00",
        "/a%09",
        "/a%0a",
        "/a%1F",
        "/a%7F",
        "/a%7f",
        "/a\u007f",
        "/a%２０",
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
        "/a{",
        "/[a]",
        "/a[",
        "/a]",
        "/a<",
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
