package io.plimsoll.acceptance.history;

/// Splits a JSON array into its elements' bytes without parsing them: readers compare bytes, and
/// only the first of them to see an event reads it.
final class Elements {

  /// Takes an element's bytes.
  @FunctionalInterface
  interface Taker {
    void take(int from, int to);
  }

  private Elements() {}

  /// @throws IllegalArgumentException if the bytes are not one JSON array of objects
  static void of(byte[] json, int from, int to, Taker taker) {
    int at = skipSpace(json, from, to);
    expect(json, at++, to, '[');
    at = skipSpace(json, at, to);
    if (at < to && json[at] == ']') {
      end(json, at + 1, to);
      return;
    }
    while (true) {
      expect(json, at, to, '{');
      int end = object(json, at, to);
      taker.take(at, end);
      at = skipSpace(json, end, to);
      if (at < to && json[at] == ']') {
        end(json, at + 1, to);
        return;
      }
      expect(json, at, to, ',');
      at = skipSpace(json, at + 1, to);
    }
  }

  private static int object(byte[] json, int from, int to) {
    int depth = 0;
    boolean text = false;
    for (int i = from; i < to; i++) {
      byte b = json[i];
      if (text) {
        if (b == '\\') {
          i++;
        } else if (b == '"') {
          text = false;
        }
      } else if (b == '"') {
        text = true;
      } else if (b == '{' || b == '[') {
        depth++;
      } else if ((b == '}' || b == ']') && --depth == 0) {
        return i + 1;
      }
    }
    throw new IllegalArgumentException("an object without an end");
  }

  private static void end(byte[] json, int at, int to) {
    if (skipSpace(json, at, to) != to) {
      throw new IllegalArgumentException("something after the array");
    }
  }

  private static int skipSpace(byte[] json, int from, int to) {
    int at = from;
    while (at < to && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r')) {
      at++;
    }
    return at;
  }

  private static void expect(byte[] json, int at, int to, char expected) {
    if (at >= to || json[at] != expected) {
      throw new IllegalArgumentException("byte " + at + " (expected: " + expected + ")");
    }
  }
}
