package io.plimsoll.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RoomMessagesIT {

  private static TestChat chat;

  @BeforeAll
  static void start() {
    chat = TestChat.start();
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  @Test
  void aRoomIsFollowedFromItsBeginningAndLive() {
    Client anna = chat.user("acme", "anna");
    JsonNode room =
        anna.post("/chat/v1/rooms", "{\"id\":\"r1\",\"name\":\"R\",\"memberIds\":[\"ben\"]}")
            .is(201)
            .json();
    assertThat(room.path("id").asString()).isEqualTo("r1");
    try (Stream stream = anna.stream("/chat/v1/rooms/r1/events?offset=-1&live=sse")) {
      Client.Answer sent =
          anna.post(
                  "/chat/v1/rooms/r1/messages",
                  "{\"clientId\":\"c1\",\"parts\":[{\"type\":\"text/plain\",\"content\":\"hi\"}]}")
              .is(201);
      JsonNode created = stream.awaitEvent("message.created");
      assertThat(created).isEqualTo(sent.json());
      assertThat(stream.types()).containsExactly("member.added", "member.added", "message.created");
      assertThat(stream.events().getLast().path("offset").asString())
          .isEqualTo(sent.header("Stream-Next-Offset"));
      Client.Answer again =
          anna.post(
                  "/chat/v1/rooms/r1/messages",
                  "{\"clientId\":\"c1\",\"parts\":[{\"type\":\"text/plain\",\"content\":\"hi\"}]}")
              .is(200);
      assertThat(again.json()).isEqualTo(sent.json());
      assertThat(again.header("Stream-Next-Offset")).isEqualTo(sent.header("Stream-Next-Offset"));
      JsonNode page = anna.get("/chat/v1/rooms/r1/messages").is(200).json();
      assertThat(page.path("items").get(0)).isEqualTo(sent.json());
    }
  }
}
