package io.plimsoll.chat.cursor;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// The cursor would stand after the last message of the room: 400 `future-offset`.
public final class FutureOffsetException extends ProblemException {

  private static final long serialVersionUID = 1L;

  FutureOffsetException(long offset, long last) {
    super(
        HttpStatus.BAD_REQUEST,
        "future-offset",
        "offset " + offset + " (expected: 0 to " + last + ", the last message of the room)");
  }
}
