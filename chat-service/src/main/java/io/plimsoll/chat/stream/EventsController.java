package io.plimsoll.chat.stream;

import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.Ids;
import io.plimsoll.chat.place.UserRequiredException;
import io.plimsoll.chat.room.RoomAccess;
import io.plimsoll.chat.user.Users;
import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.TopicStream;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/// The two kinds of streams.
@RestController
class EventsController {

  private final RoomAccess access;
  private final Users users;

  EventsController(RoomAccess access, Users users) {
    this.access = access;
    this.users = users;
  }

  @GetMapping("/chat/v1/rooms/{room}/events")
  TopicStream room(Caller caller, @PathVariable String room) {
    return TopicStream.of(
            access.readable(caller, room).topic(),
            ChatTopics.subscriber(caller),
            caller.authExpiry())
        .onceEntered(() -> users.seen(caller));
  }

  @GetMapping("/chat/v1/me/events")
  TopicStream me(Caller caller) {
    String user = caller.user();
    if (user == null) {
      throw new UserRequiredException("me");
    }
    Ids.checked("user", user);
    return TopicStream.of(
            ChatTopics.user(caller.tenant(), user),
            ChatTopics.subscriber(caller),
            caller.authExpiry())
        .onceEntered(() -> users.seen(caller));
  }
}
