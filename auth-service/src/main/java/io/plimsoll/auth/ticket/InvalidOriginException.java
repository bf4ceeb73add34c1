package io.plimsoll.auth.ticket;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-origin`: the `Origin` header is not one that a browser sends.
final class InvalidOriginException extends ProblemException {

  private static final long serialVersionUID = 1L;

  InvalidOriginException() {
    super(
        HttpStatus.BAD_REQUEST,
        "invalid-origin",
        "The Origin header must be one origin, such as https://app.example:8443.");
  }
}
