package io.plimsoll.acceptance.history;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A place in a topic, read out of the text that is opaque to clients: a checker has to know that
/// offsets are contiguous.
public record Position(long offset, long tag) {

  static final int LENGTH = 29;

  private static final int OFFSET_DIGITS = 16;
  private static final Pattern TEXT = Pattern.compile("([0-9]{16})_([0-9a-f]{12})");

  /// Reads a whole text.
  ///
  /// @throws IllegalArgumentException if the text is no position
  public static Position parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("position: " + text);
    }
    return new Position(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2), 16));
  }

  /// The position that starts at this index.
  ///
  /// @throws IllegalArgumentException if none does
  static Position parse(byte[] bytes, int at) {
    if (bytes.length - at < LENGTH || bytes[at + OFFSET_DIGITS] != '_') {
      throw new IllegalArgumentException("no position at byte " + at);
    }
    long offset = digits(bytes, at, at + OFFSET_DIGITS, 10);
    return new Position(offset, digits(bytes, at + OFFSET_DIGITS + 1, at + LENGTH, 16));
  }

  private static long digits(byte[] bytes, int from, int to, int radix) {
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = Character.digit(bytes[i], radix);
      if (digit < 0) {
        throw new IllegalArgumentException("no digit at byte " + i);
      }
      value = value * radix + digit;
    }
    return value;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%016d_%012x", offset, tag);
  }
}
