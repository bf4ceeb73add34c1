package io.plimsoll.chat.room;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// The room, or the user, is in as many memberships as the configuration permits: 409
/// `too-many-members`.
public final class TooManyMembersException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public TooManyMembersException(String what, int max) {
    super(HttpStatus.CONFLICT, "too-many-members", what + " (expected: at most " + max + ")");
  }
}
