package io.plimsoll.auth.key;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-key`: a key can't be made like that.
final class InvalidKeyException extends ProblemException {

  private static final long serialVersionUID = 1L;

  InvalidKeyException(String detail) {
    super(HttpStatus.BAD_REQUEST, "invalid-key", detail);
  }
}
