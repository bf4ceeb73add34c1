package io.plimsoll.chat.message;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// This sender, or a former one of the same id, has sent other parts to this room under the same
/// `clientId`: 409 `message-conflict`. The client gives each message a `clientId` of its own.
public final class MessageConflictException extends ProblemException {

  private static final long serialVersionUID = 1L;

  MessageConflictException(String clientId) {
    super(
        HttpStatus.CONFLICT,
        "message-conflict",
        "clientId " + clientId + " is another message's (expected: a new one, or the same parts)");
  }
}
