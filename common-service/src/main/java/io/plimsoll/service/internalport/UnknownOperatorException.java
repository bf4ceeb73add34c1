package io.plimsoll.service.internalport;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/// 401 `unknown-operator`: no token, or none that is accepted now.
final class UnknownOperatorException extends ProblemException {

  private static final long serialVersionUID = 1L;

  UnknownOperatorException() {
    super(
        HttpStatus.UNAUTHORIZED,
        "unknown-operator",
        "An operator's token is needed: Authorization: Bearer <token>.");
    getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"plimsoll-admin\"");
  }
}
