package io.plimsoll.chat.live;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/// The sender's allowance of ephemeral events is used up: 429 `too-much-typing`. The client tells
/// of typing every few seconds, not with every key.
public final class TooMuchTypingException extends ProblemException {

  private static final long serialVersionUID = 1L;

  TooMuchTypingException() {
    super(
        HttpStatus.TOO_MANY_REQUESTS,
        "too-much-typing",
        "typing was told of too often (expected: every few seconds)");
    getHeaders().set(HttpHeaders.RETRY_AFTER, "1");
  }
}
