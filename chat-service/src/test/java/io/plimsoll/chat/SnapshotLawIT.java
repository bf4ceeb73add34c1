package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.edit;
import static io.plimsoll.chat.Scene.room;
import static io.plimsoll.chat.Scene.rooms;
import static io.plimsoll.chat.Scene.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.TestBackends;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The snapshot law, for every stored event type: a snapshot and the events after it lead to every
/// later snapshot, but for `unread` and for the `room` in a user's. The client that applies the
/// events is the one the README describes.
class SnapshotLawIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int MESSAGES = 5;

  private static TestChat chat;

  @BeforeAll
  static void start() {
    chat =
        TestChat.start(
            2,
            TestBackends.redis(),
            "plimsoll.chat.rooms.snapshot-messages=" + MESSAGES,
            "plimsoll.chat.erasure.check=100ms",
            "plimsoll.chat.cursors.interval=300ms",
            "plimsoll.chat.cursors.check=50ms");
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  /// Snapshots of one topic, taken as things happen to it.
  private static final class Law {

    private final Client client;
    private final String path;
    private final List<JsonNode> snapshots = new ArrayList<>();

    /// Types of the events that led from one to another.
    private final Set<String> types = new TreeSet<>();

    Law(Client client, String path) {
      this.client = client;
      this.path = path;
      snap();
    }

    void after(Runnable change) {
      change.run();
      snap();
    }

    /// Takes a snapshot, to which each earlier one must lead. Checked now, for a redaction changes
    /// the events that lead to what was before it.
    void snap() {
      JsonNode later = client.get(path + "?offset=snapshot").is(200).json();
      snapshots.add(later);
      for (JsonNode earlier : snapshots) {
        ObjectNode state = (ObjectNode) earlier.path("data").deepCopy();
        for (JsonNode event : between(earlier, later)) {
          types.add(event.path("type").asString());
          apply(state, event);
        }
        assertThat(withoutDerived(state))
            .as("%s after %s", path, earlier.path("position"))
            .isEqualTo(withoutDerived(later.path("data")));
      }
    }

    private List<JsonNode> between(JsonNode earlier, JsonNode later) {
      List<JsonNode> events = new ArrayList<>();
      String to = later.path("position").asString();
      client
          .get(path + "?offset=" + earlier.path("position").asString())
          .is(200)
          .json()
          .forEach(events::add);
      events.removeIf(event -> event.path("offset").asString().compareTo(to) > 0);
      return events;
    }
  }

  private static void apply(ObjectNode state, JsonNode event) {
    JsonNode data = event.path("data");
    switch (event.path("type").asString()) {
      case "message.created" -> {
        ArrayNode messages = (ArrayNode) state.path("messages");
        messages.add(data);
        if (messages.size() > MESSAGES) {
          messages.remove(0);
        }
      }
      case "message.edited", "message.deleted" -> {
        ArrayNode messages = (ArrayNode) state.path("messages");
        for (int i = 0; i < messages.size(); i++) {
          if (messages.get(i).path("offset").equals(data.path("offset"))) {
            messages.set(i, data);
          }
        }
      }
      case "room.updated" -> state.set("room", data);
      case "member.added" -> {
        if (state.has("memberCount")) {
          state.put("memberCount", state.path("memberCount").asLong() + 1);
        } else {
          ObjectNode entry = ((ArrayNode) state.path("rooms")).addObject();
          entry.putObject("room").set("id", data.path("roomId"));
          entry.put("cursor", 0L);
        }
      }
      case "member.removed" -> {
        if (state.has("memberCount")) {
          state.put("memberCount", state.path("memberCount").asLong() - 1);
        } else {
          ArrayNode rooms = (ArrayNode) state.path("rooms");
          for (int i = rooms.size() - 1; i >= 0; i--) {
            if (rooms.get(i).at("/room/id").equals(data.path("roomId"))) {
              rooms.remove(i);
            }
          }
        }
      }
      case "cursor.moved" ->
          state
              .path("rooms")
              .forEach(
                  entry -> {
                    if (entry.at("/room/id").equals(data.path("roomId"))) {
                      ((ObjectNode) entry).set("cursor", data.path("offset"));
                    }
                  });
      default -> throw new AssertionError("nobody can apply " + event);
    }
  }

  /// Without what the law excepts; rooms in the order of their ids, as text.
  private static JsonNode withoutDerived(JsonNode state) {
    if (!state.has("rooms")) {
      return Client.JSON.readTree(state.toString());
    }
    Set<String> rooms = new TreeSet<>();
    state
        .path("rooms")
        .forEach(entry -> rooms.add(entry.at("/room/id").asString() + " " + entry.path("cursor")));
    return Client.JSON.valueToTree(rooms);
  }

  @Test
  void holdsForRooms() {
    Client anna = chat.user(0, "law", "anna");
    Client ben = chat.user(1, "law", "ben");
    String room = room(anna, false);
    Law law = new Law(chat.user(1, "law", "anna"), rooms(room) + "/events");
    law.after(() -> ben.put(rooms(room) + "/members/ben").is(201));
    List<Long> sent = new ArrayList<>();
    for (int i = 0; i < MESSAGES + 2; i++) {
      sent.add(send(i % 2 == 0 ? anna : ben, room, "m" + i));
      law.snap();
    }
    long inside = sent.get(MESSAGES - 1);
    long outside = sent.get(1);
    law.after(
        () -> ben.patch(message(room, outside), edit("edited, and long out of sight")).is(200));
    law.after(() -> anna.patch(message(room, inside), edit("edited")).is(200));
    law.after(() -> anna.patch(rooms(room), "{\"name\":\"S\",\"custom\":{\"a\":[1]}}").is(200));
    law.after(() -> anna.delete(message(room, inside)).is(204));
    law.after(() -> ben.delete(message(room, outside)).is(204));
    law.after(() -> send(anna, room, "one more"));
    law.after(() -> anna.put(rooms(room) + "/members/carla").is(201));
    law.after(() -> ben.delete(rooms(room) + "/members/ben").is(204));
    law.after(() -> anna.patch(rooms(room), "{\"private\":true}").is(200));
    // the background says what it does, too
    law.after(() -> chat.tenant("law").delete("/chat/v1/users/carla").is(204));
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> anna.get(rooms(room) + "/members").json().path("items").size() == 1);
    law.snap();
    assertThat(law.types)
        .containsExactly(
            "member.added",
            "member.removed",
            "message.created",
            "message.deleted",
            "message.edited",
            "room.updated");
  }

  @Test
  void holdsForUsers() {
    Client anna = chat.user(0, "law", "anna2");
    Client ben = chat.user(0, "law", "ben2");
    Law law = new Law(chat.user(1, "law", "ben2"), "/chat/v1/me/events");
    String left = room(anna, false, "ben2");
    law.snap();
    String deleted = room(anna, true, "ben2");
    law.snap();
    String stays = room(anna, true, "ben2");
    law.snap();
    for (int i = 0; i < 5; i++) {
      long offset = send(anna, stays, "m" + i);
      law.after(
          () -> ben.put(rooms(stays) + "/cursors/me", "{\"offset\":%d}".formatted(offset)).is(200));
    }
    long last = send(anna, left, "x");
    law.after(
        () -> ben.put(rooms(left) + "/cursors/me", "{\"offset\":%d}".formatted(last)).is(200));
    law.after(() -> ben.put(rooms(stays) + "/cursors/me", "{\"offset\":0}").is(200));
    law.after(() -> ben.delete(rooms(left) + "/members/ben2").is(204));
    law.after(() -> ben.put(rooms(left) + "/members/ben2").is(201)); // the cursor begins anew
    law.after(() -> anna.delete(rooms(deleted)).is(204));
    // made again at once, whether or not the former one's rows are gone
    law.after(
        () ->
            anna.post(
                    "/chat/v1/rooms",
                    "{\"id\":\"%s\",\"name\":\"N\",\"memberIds\":[\"ben2\"]}".formatted(deleted))
                .is(201));
    law.after(() -> anna.delete(rooms(deleted)).is(204));
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(ben.get("/chat/v1/me/events?offset=snapshot").text())
                    .doesNotContain(deleted)
                    .contains(stays, left));
    law.snap();
    // the last move is told of in the end
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                ben
                    .get("/chat/v1/me/events?offset=-1")
                    .json()
                    .valueStream()
                    .toList()
                    .reversed()
                    .stream()
                    .filter(event -> event.at("/data/roomId").asString().equals(stays))
                    .findFirst()
                    .filter(event -> event.path("type").asString().equals("cursor.moved"))
                    .filter(event -> event.at("/data/offset").asLong() == 0)
                    .isPresent());
    law.snap();
    assertThat(law.types).containsExactly("cursor.moved", "member.added", "member.removed");
  }

  private static String message(String room, long offset) {
    return rooms(room) + "/messages/" + offset;
  }
}
