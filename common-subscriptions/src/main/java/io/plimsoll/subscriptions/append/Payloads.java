package io.plimsoll.subscriptions.append;

/// What the data of an event may look like. Its JSON is the product's affair; what is checked here
/// would break the stream for every reader, or fail in the database together with the events of
/// others.
final class Payloads {

  private Payloads() {}

  /// @throws IllegalArgumentException if the data is too long, has control characters (NUL is
  ///   refused by PostgreSQL, line breaks end an SSE field) or broken surrogate pairs (which would
  ///   be stored as something else)
  static String checked(String data, int maxBytes) {
    int bytes = 0;
    for (int i = 0; i < data.length(); i++) {
      char c = data.charAt(i);
      if (c < ' ' && c != '\t') {
        throw new IllegalArgumentException(
            "data: control character " + (int) c + " at " + i + " (expected: one line of JSON)");
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isSurrogatePair(c, i + 1 < data.length() ? data.charAt(i + 1) : 0)) {
          throw new IllegalArgumentException("data: lone surrogate at " + i);
        }
        i++;
        bytes += 4;
      } else {
        bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
      }
    }
    if (bytes == 0 || bytes > maxBytes) {
      throw new IllegalArgumentException(
          "data: " + bytes + " bytes (expected: 1 to " + maxBytes + ")");
    }
    return data;
  }
}
