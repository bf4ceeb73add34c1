package io.plimsoll.gateway.token;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.gateway.answer.ProblemException;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JwsTests {

  /// Every last character behind parts of every length: what is taken is what an encoder would have
  /// written.
  @Test
  void takesOneSpellingOfEachPart() {
    int taken = 0;
    for (int length = 1; length <= 8; length++) {
      for (int last = 0; last < 256; last++) {
        String part = "AZ_a-09z".substring(0, length - 1) + (char) last;
        boolean one = part.equals(respelled(part));
        assertThat(decoded(part)).as(part).isEqualTo(one);
        taken += one ? 1 : 0;
      }
    }
    // of a whole group 64, of two characters 4, of three 16
    assertThat(taken).isEqualTo(2 * (4 + 16 + 64));
  }

  @Test
  void refusesWhatIsNoByte() {
    for (String odd : List.of("\uD83D\uDE00", "\uD83D", "\u0141", "\u00e4", "?")) {
      for (String token : List.of("%s.e30.AA", "e30.%s.AA", "e30.e30.%s", "%1$s.%1$s.%1$s")) {
        assertThatThrownBy(() -> Jws.parse(token.formatted(odd.repeat(9))))
            .as(token)
            .isInstanceOf(ProblemException.class);
      }
    }
  }

  private static @Nullable String respelled(String part) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(Base64.getUrlDecoder().decode(part));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean decoded(String part) {
    byte[] text = ("." + part + ".").getBytes(ISO_8859_1);
    try {
      assertThat(Jws.decode(text, 1, text.length - 1))
          .isEqualTo(Base64.getUrlDecoder().decode(part));
      return true;
    } catch (ProblemException e) {
      return false;
    }
  }
}
