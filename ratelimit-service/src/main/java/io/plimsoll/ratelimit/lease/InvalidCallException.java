package io.plimsoll.ratelimit.lease;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-call`: a call that no gateway of this protocol makes.
final class InvalidCallException extends ProblemException {

  private static final long serialVersionUID = 1L;

  InvalidCallException(String detail) {
    super(HttpStatus.BAD_REQUEST, "invalid-call", detail);
  }
}
