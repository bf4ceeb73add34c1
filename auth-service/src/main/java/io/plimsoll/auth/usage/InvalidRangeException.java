package io.plimsoll.auth.usage;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-range`: from, to or step do not fit.
final class InvalidRangeException extends ProblemException {

  private static final long serialVersionUID = 1L;

  InvalidRangeException(String detail) {
    super(HttpStatus.BAD_REQUEST, "invalid-range", detail);
  }
}
