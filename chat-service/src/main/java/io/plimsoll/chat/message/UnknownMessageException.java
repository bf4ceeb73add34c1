package io.plimsoll.chat.message;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// The room has no message at this offset: 404 `unknown-message`.
public final class UnknownMessageException extends ProblemException {

  private static final long serialVersionUID = 1L;

  UnknownMessageException(String room, long offset) {
    super(HttpStatus.NOT_FOUND, "unknown-message", "room " + room + " has no message " + offset);
  }
}
