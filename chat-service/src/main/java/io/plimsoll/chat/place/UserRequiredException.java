package io.plimsoll.chat.place;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// The tenant's own token asks for something that only a user has: 403 `user-required`. The client
/// uses a user's token.
public final class UserRequiredException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public UserRequiredException(String what) {
    super(HttpStatus.FORBIDDEN, "user-required", what + " (expected: the token of a user)");
  }
}
