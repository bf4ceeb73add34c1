package io.plimsoll.auth.key;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 409 `key-disabled`: it is so for good, and changes no more.
final class DisabledKeyException extends ProblemException {

  private static final long serialVersionUID = 1L;

  DisabledKeyException(String keyId) {
    super(
        HttpStatus.CONFLICT,
        "key-disabled",
        "The key " + keyId + " is disabled for good; make another one.");
  }
}
