package io.plimsoll.chat.message;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// A deleted message is not edited any more: 409 `message-deleted`.
public final class MessageDeletedException extends ProblemException {

  private static final long serialVersionUID = 1L;

  MessageDeletedException(long offset) {
    super(HttpStatus.CONFLICT, "message-deleted", "message " + offset + " is deleted");
  }
}
