package io.plimsoll.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/// What most tests begin with: a room, and something said in it.
final class Scene {

  private Scene() {}

  /// An id that no other test uses.
  static String fresh() {
    return "r-" + UUID.randomUUID();
  }

  /// The path of a room.
  static String rooms(String room) {
    return "/chat/v1/rooms/" + room;
  }

  /// Makes a room and answers its id.
  static String room(Client creator, boolean isPrivate, String... members) {
    String id = fresh();
    creator
        .post(
            "/chat/v1/rooms",
            "{\"id\":\"%s\",\"name\":\"A room\",\"private\":%s,\"memberIds\":%s}"
                .formatted(id, isPrivate, Client.JSON.writeValueAsString(members)))
        .is(201);
    return id;
  }

  /// The body of a request that sends a text, given as it stands in JSON.
  static String message(String clientId, String text) {
    return "{\"clientId\":\"%s\",\"parts\":[{\"type\":\"text/plain\",\"content\":\"%s\"}]}"
        .formatted(clientId, text);
  }

  /// The body of a request that edits.
  static String edit(String text) {
    return "{\"parts\":[{\"type\":\"text/plain\",\"content\":\"%s\"}]}".formatted(text);
  }

  /// Sends a text and answers the message's offset.
  static long send(Client sender, String room, String text) {
    return sender
        .post(rooms(room) + "/messages", message(UUID.randomUUID().toString(), text))
        .is(201)
        .json()
        .path("offset")
        .asLong();
  }

  /// One member of each item of a page.
  static List<String> ids(JsonNode page, String member) {
    List<String> ids = new ArrayList<>();
    page.path("items").forEach(item -> ids.add(item.at(member).asString()));
    return ids;
  }
}
