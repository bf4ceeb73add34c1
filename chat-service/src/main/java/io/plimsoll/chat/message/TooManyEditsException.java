package io.plimsoll.chat.message;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// The message was edited as often as the configuration permits: 409 `too-many-edits`.
public final class TooManyEditsException extends ProblemException {

  private static final long serialVersionUID = 1L;

  TooManyEditsException(int max) {
    super(
        HttpStatus.CONFLICT,
        "too-many-edits",
        "edits of the message (expected: at most " + max + ")");
  }
}
