package io.plimsoll.chat.place;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// An id that can't be one: 400 `bad-id`. The client corrects it.
public final class BadIdException extends ProblemException {

  private static final long serialVersionUID = 1L;

  BadIdException(String what) {
    super(
        HttpStatus.BAD_REQUEST,
        "bad-id",
        what + " (expected: 1 to 128 of A-Z a-z 0-9 _ . ~ -, but neither . nor ..)");
  }
}
