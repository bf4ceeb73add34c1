package io.plimsoll.chat.cursor;

import io.plimsoll.chat.place.InvalidBodyException;
import io.plimsoll.chat.place.UserRequiredException;
import io.plimsoll.service.Caller;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
class CursorController {

  private final Cursors cursors;

  CursorController(Cursors cursors) {
    this.cursors = cursors;
  }

  record MoveCursor(@Nullable Long offset) {}

  @PutMapping(
      path = "/chat/v1/rooms/{room}/cursors/me",
      produces = MediaType.APPLICATION_JSON_VALUE)
  Cursor move(Caller caller, @PathVariable String room, @RequestBody MoveCursor body) {
    String user = caller.user();
    if (user == null) {
      throw new UserRequiredException("cursors/me");
    }
    if (body.offset == null || body.offset < 0) {
      throw new InvalidBodyException("offset", "a message's offset, or 0");
    }
    return cursors.move(caller, room, user, body.offset);
  }
}
