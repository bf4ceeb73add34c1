package io.plimsoll.chat.room;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// There is no such room, or the caller may not know of it: 404 `unknown-room`.
public final class UnknownRoomException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public UnknownRoomException(String room) {
    super(HttpStatus.NOT_FOUND, "unknown-room", "room " + room);
  }
}
