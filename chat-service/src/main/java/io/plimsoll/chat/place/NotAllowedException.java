package io.plimsoll.chat.place;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// The caller may see this but not change it: 403 `not-allowed`.
public final class NotAllowedException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public NotAllowedException(String what) {
    super(HttpStatus.FORBIDDEN, "not-allowed", what);
  }
}
