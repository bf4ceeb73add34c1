package io.plimsoll.auth.ticket;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-path`: not the path of a stream as a gateway routes it.
final class InvalidPathException extends ProblemException {

  private static final long serialVersionUID = 1L;

  InvalidPathException() {
    super(
        HttpStatus.BAD_REQUEST,
        "invalid-path",
        "path must be the stream's path as it will be requested: it starts with /, is"
            + " percent-encoded, has no query, no empty or dot segment, no ;, no encoded slash,"
            + " backslash, dot, semicolon, percent sign or control character, and at most "
            + RoutedPath.MAX_LENGTH
            + " characters.");
  }
}
