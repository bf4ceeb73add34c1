package io.plimsoll.chat.live;

import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.chat.place.Sender;
import io.plimsoll.chat.room.FoundRoom;
import io.plimsoll.chat.room.RoomAccess;
import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.Topics;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
class TypingController {

  private final RoomAccess access;
  private final Topics topics;
  private final EventData data;

  TypingController(RoomAccess access, Topics topics, EventData data) {
    this.access = access;
    this.topics = topics;
    this.data = data;
  }

  /// @param senderId who types, when the tenant's own token acts
  record TypingBody(@Nullable String senderId) {}

  /// Tells those who follow the room now; nothing is stored.
  @PostMapping("/chat/v1/rooms/{room}/typing")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void typing(
      Caller caller,
      @PathVariable String room,
      @RequestBody(required = false) @Nullable TypingBody body) {
    String user = Sender.of(caller, body == null ? null : body.senderId);
    FoundRoom found = RoomAccess.memberOnly(access.readableBy(caller, room, user), user);
    boolean told =
        topics.ephemeral(
            found.topic(), "typing/" + user, EventTypes.TYPING, data.of(new Typing(room, user)));
    if (!told) {
      throw new TooMuchTypingException();
    }
  }
}
