package io.plimsoll.auth.ticket;

import java.util.Optional;
import java.util.regex.Pattern;

/// The path of a stream exactly as the browser will ask for it: percent-encoded, without a query.
/// What a gateway refuses to route is no such path, and nothing else is: dot segments, empty ones
/// but for the last, path parameters, characters outside of RFC 3986's, and encoded ones that some
/// reader on the way may decode and read as another path.
///
/// @param value compared byte by byte with the request's path
record RoutedPath(String value) {

  static final int MAX_LENGTH = 1024;

  /// `pchar` of [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-3.3) but for `;`, segment
  /// by segment; the last may be empty.
  private static final Pattern PATH =
      Pattern.compile("/|(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})++)++/?");

  private static final Pattern DOT_SEGMENT = Pattern.compile("/\\.{1,2}(?=/|\\z)");

  /// Control characters and `.`, `/`, `;`, `\`, `%`.
  private static final Pattern ENCODED =
      Pattern.compile("%(?:[01][0-9A-Fa-f]|7[Ff]|2[EeFf5]|3[Bb]|5[Cc])");

  /// Empty when it is no path that a gateway would route.
  static Optional<RoutedPath> parse(String path) {
    return path.length() <= MAX_LENGTH
            && PATH.matcher(path).matches()
            && !DOT_SEGMENT.matcher(path).find()
            && !ENCODED.matcher(path).find()
        ? Optional.of(new RoutedPath(path))
        : Optional.empty();
  }
}
