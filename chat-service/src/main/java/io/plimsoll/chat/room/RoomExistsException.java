package io.plimsoll.chat.room;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// A room of this id exists: 409 `room-exists`. The client takes another id, or uses that room.
public final class RoomExistsException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public RoomExistsException(String room) {
    super(
        HttpStatus.CONFLICT, "room-exists", "room " + room + " (expected: an id that no room has)");
  }
}
