package io.plimsoll.chat.place;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// A parameter of the URL has a value that it may not have: 400 `invalid-parameter`.
public final class InvalidParameterException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public InvalidParameterException(String parameter, String expected) {
    super(HttpStatus.BAD_REQUEST, "invalid-parameter", parameter + " (expected: " + expected + ")");
  }
}
