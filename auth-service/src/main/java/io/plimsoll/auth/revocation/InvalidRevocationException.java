package io.plimsoll.auth.revocation;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-revocation`: it is not said, or not allowed, what to revoke.
final class InvalidRevocationException extends ProblemException {

  private static final long serialVersionUID = 1L;

  InvalidRevocationException(String detail) {
    super(HttpStatus.BAD_REQUEST, "invalid-revocation", detail);
  }
}
