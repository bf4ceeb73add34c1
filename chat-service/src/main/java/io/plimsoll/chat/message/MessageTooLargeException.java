package io.plimsoll.chat.message;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;
import org.springframework.util.unit.DataSize;

/// A part, or all of them together, is too large: 413 `message-too-large`. The client splits the
/// message or puts what is large elsewhere.
public final class MessageTooLargeException extends ProblemException {

  private static final long serialVersionUID = 1L;

  MessageTooLargeException(String what, DataSize max) {
    super(
        HttpStatus.CONTENT_TOO_LARGE,
        "message-too-large",
        what + " (expected: at most " + max.toBytes() + " bytes)");
  }
}
