package io.plimsoll.chat.room;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// Only members may do this: 403 `not-a-member`. The user joins first.
public final class NotAMemberException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public NotAMemberException(String user, String room) {
    super(HttpStatus.FORBIDDEN, "not-a-member", user + " is not a member of room " + room);
  }
}
