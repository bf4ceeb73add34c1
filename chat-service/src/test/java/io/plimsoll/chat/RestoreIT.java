package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.message;
import static io.plimsoll.chat.Scene.room;
import static io.plimsoll.chat.Scene.rooms;
import static io.plimsoll.chat.Scene.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.chat.room.RoomAccess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/// What a node remembers of a history that a restored backup has undone misleads nobody.
class RestoreIT {

  private static TestChat chat;
  private static JdbcClient database;

  @BeforeAll
  static void start() {
    chat = TestChat.start();
    database = JdbcClient.create(chat.database().dataSource());
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  /// The numbers of rooms come again.
  @Test
  void aMessageIsNotSentToTheRoomThatHasTheNumberOfItsRoomNow() {
    Client anna = chat.user("numbers", "anna");
    String undone = room(anna, true);
    send(anna, undone, "before");
    String other = undone + ".other";
    database
        .sql("update room set id = ? where tenant = 'numbers' and id = ?")
        .params(other, undone)
        .update();

    anna.post(rooms(undone) + "/messages", message("c2", "after")).problem(404, "unknown-room");

    String text = anna.get(rooms(other) + "/messages").is(200).text();
    assertThat(text).contains("before").doesNotContain("after");
    assertThat(
            database
                .sql("select head from ps_topic where kind = 'room' and key like ?")
                .param("numbers/" + undone + "/%")
                .query(Long.class)
                .list())
        .containsExactly(2L); // the creator's joining and the message before
  }

  @Test
  void nobodyReadsTheRoomThatHasTheNumberOfTheirsNow() {
    Client anna = chat.user("readers", "anna");
    String undone = room(anna, false);
    long number =
        database
            .sql("select number from room where tenant = 'readers' and id = ?")
            .param(undone)
            .query(Long.class)
            .single();
    RoomAccess access = chat.context(0).getBean(RoomAccess.class);
    assertThat(access.mayRead("readers", undone, number, "anna")).isTrue();
    database
        .sql("update room set id = ? where tenant = 'readers' and id = ?")
        .params(undone + ".other", undone)
        .update();
    assertThat(access.mayRead("readers", undone, number, "anna")).isFalse();
  }

  @Test
  void aRoomGetsAnotherNumberWhereTheirSequenceWentBack() {
    Client anna = chat.user("sequence", "anna");
    room(anna, false);
    database
        .sql(
            "select setval('room_number', (select number from room where tenant = 'sequence'), false)")
        .query(Long.class)
        .single();
    room(anna, false);
    assertThat(anna.get("/chat/v1/rooms").is(200).json().path("items")).hasSize(2);
  }
}
