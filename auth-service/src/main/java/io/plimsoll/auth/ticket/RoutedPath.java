package io.plimsoll.auth.ticket;

import java.util.Optional;
import java.util.regex.Pattern;

/// The path of a stream exactly as the browser will ask for it: percent-encoded, without a query.
/// What a gateway refuses to route is no such path: dot segments, empty segments, encoded slashes.
///
/// @param value compared byte by byte with the request's path
record RoutedPath(String value) {

  static final int MAX_LENGTH = 1024;

  /// `pchar` of [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-3.3), segment by segment.
  private static final Pattern PATH =
      Pattern.compile("(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})++)++");

  private static final Pattern DOT_SEGMENT = Pattern.compile("/(?:\\.|%2[Ee]){1,2}(?=/|;|$)");

  /// `/`, `\` and NUL, which some reader on the way may decode.
  private static final Pattern ENCODED_SEPARATOR = Pattern.compile("%(?:2[Ff]|5[Cc]|00)");

  /// Empty when it is no path that a gateway would route.
  static Optional<RoutedPath> parse(String path) {
    return path.length() <= MAX_LENGTH
            && PATH.matcher(path).matches()
            && !DOT_SEGMENT.matcher(path).find()
            && !ENCODED_SEPARATOR.matcher(path).find()
        ? Optional.of(new RoutedPath(path))
        : Optional.empty();
  }
}
