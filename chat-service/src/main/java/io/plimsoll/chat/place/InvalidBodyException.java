package io.plimsoll.chat.place;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// A member of the request's body has a value that it may not have: 400 `invalid-body`.
public final class InvalidBodyException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public InvalidBodyException(String member, String expected) {
    super(HttpStatus.BAD_REQUEST, "invalid-body", member + " (expected: " + expected + ")");
  }
}
