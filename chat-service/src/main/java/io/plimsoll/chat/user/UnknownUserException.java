package io.plimsoll.chat.user;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// Nobody of this id was named yet, or they were deleted: 404 `unknown-user`.
public final class UnknownUserException extends ProblemException {

  private static final long serialVersionUID = 1L;

  UnknownUserException(String user) {
    super(HttpStatus.NOT_FOUND, "unknown-user", "user " + user);
  }
}
