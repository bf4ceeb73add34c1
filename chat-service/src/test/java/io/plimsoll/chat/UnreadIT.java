package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.room;
import static io.plimsoll.chat.Scene.rooms;
import static io.plimsoll.chat.Scene.send;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Unread counts of a node that tells five a second.
class UnreadIT {

  private static TestChat chat;

  @BeforeAll
  static void start() {
    chat = TestChat.start("plimsoll.chat.live.unread-batch=5");
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  @Test
  void whoComesBackToManyRoomsHoldsNobodyUp() {
    Client anna = chat.user("herd", "anna");
    Client ben = chat.user("herd", "ben");
    String room = room(anna, false, "ben");
    long sent = send(anna, room, "one");
    for (int i = 0; i < 110; i++) {
      room(anna, false, "carla");
    }
    String events = "/chat/v1/me/events?live=sse&offset=";
    try (Stream own = ben.stream(events + "snapshot").upToDate();
        Stream back = chat.user("herd", "carla").stream(events + "-1")) {
      back.awaitEphemeral("unread", _ -> true);
      ben.put(rooms(room) + "/cursors/me", "{\"offset\":" + sent + "}").is(200);
      own.awaitEphemeral("unread", it -> it.path("unread").asLong() == 0);
    }
  }
}
