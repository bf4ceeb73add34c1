package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.edit;
import static io.plimsoll.chat.Scene.ids;
import static io.plimsoll.chat.Scene.message;
import static io.plimsoll.chat.Scene.room;
import static io.plimsoll.chat.Scene.rooms;
import static io.plimsoll.chat.Scene.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.TestBackends;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// What is deleted is nowhere to be read, and what dies in the middle of erasing is finished by
/// others.
class ErasureIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static TestChat chat;
  private static JdbcClient database;

  @BeforeAll
  static void start() {
    chat =
        TestChat.start(
            2,
            TestBackends.redis(),
            "plimsoll.chat.erasure.check=100ms",
            "plimsoll.chat.erasure.members=2",
            "plimsoll.chat.erasure.rows=3");
    database = JdbcClient.create(chat.database().dataSource());
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  /// Every way to read a room, on both nodes, from the beginning and from just before.
  private static void assertUnreadable(Client[] readers, String room, String from, String secret) {
    for (Client reader : readers) {
      String events = rooms(room) + "/events";
      for (String path :
          new String[] {
            events + "?offset=-1",
            events + "?offset=" + from,
            events + "?live=long-poll&offset=" + from,
            events + "?offset=snapshot",
            rooms(room) + "/messages",
            rooms(room) + "/messages?after=0"
          }) {
        assertThat(reader.get(path).is(200).text()).as(path).doesNotContain(secret);
      }
      reader
          .get(rooms(room) + "/messages")
          .json()
          .path("items")
          .forEach(
              item ->
                  assertThat(
                          reader
                              .get(rooms(room) + "/messages/" + item.path("offset").asLong())
                              .is(200)
                              .text())
                      .doesNotContain(secret));
      for (String offset : new String[] {"-1", from, "snapshot"}) {
        try (Stream stream = reader.stream(events + "?live=sse&offset=" + offset).upToDate()) {
          assertThat(stream.text()).as(offset).doesNotContain(secret);
        }
      }
    }
  }

  private static Client[] readers(String tenant, String user) {
    return new Client[] {chat.user(0, tenant, user), chat.user(1, tenant, user)};
  }

  @Test
  void noReadOfAnyNodeReturnsADeletedMessage() {
    Client[] anna = readers("words", "anna");
    String room = room(anna[0], false);
    send(anna[0], room, "before");
    String from = anna[0].send("HEAD", rooms(room) + "/events", null).header("Stream-Next-Offset");
    // with streams open, so that both nodes hold the frames in memory
    try (Stream here = anna[0].stream(rooms(room) + "/events?offset=-1&live=sse");
        Stream there = anna[1].stream(rooms(room) + "/events?offset=-1&live=sse")) {
      for (int i = 0; i < 5; i++) {
        String secret = "secret-" + i;
        long offset = send(anna[0], room, secret);
        String path = rooms(room) + "/messages/" + offset;
        anna[0].patch(path, edit(secret + " too")).is(200);
        anna[1].patch(path, edit(secret + " even so")).is(200);
        for (Stream stream : new Stream[] {here, there}) {
          stream.awaitEvent("message.edited", it -> it.toString().contains(secret + " even so"));
        }
        assertThat(anna[1].get(rooms(room) + "/events?offset=-1").text()).contains(secret);
        anna[0].delete(path).is(204);
        assertUnreadable(readers("words", "anna"), room, from, secret);
        there.awaitEvent(
            "message.deleted", it -> it.path("offset").asLong() == offset && it.has("deletedAt"));
      }
    }
    assertThat(stored("words")).doesNotContain("secret");
  }

  /// All that the database holds of a tenant's topics and messages.
  private static String stored(String tenant) {
    return String.join(
        "\n",
        database
            .sql(
                """
                select e.data from ps_event e join ps_topic t on t.id = e.topic_id
                where t.key like ? || '/%'
                union all select parts from message where tenant = ?
                union all select coalesce(name, '') || coalesce(custom, '') from chat_user
                where tenant = ?
                """)
            .params(tenant, tenant, tenant)
            .query(String.class)
            .list());
  }

  /// Until nothing is left to do of what the tenant's deleted users leave.
  private static void awaitErased(String tenant) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database
                    .sql("select count(*) from user_erasure where tenant = ?")
                    .param(tenant)
                    .query(Long.class)
                    .single()
                    .equals(0L));
  }

  @Test
  void theErasureOfAUserIsFinishedAfterACrashInTheMiddle() throws SQLException {
    Client anna = chat.user("crash", "anna");
    Client ben = chat.user("crash", "ben");
    ben.put("/chat/v1/users/ben", "{\"name\":\"secret name\",\"custom\":{\"x\":\"secret\"}}")
        .is(200);
    List<String> in = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String room = room(anna, i % 2 == 0, "ben");
      in.add(room);
      for (int j = 0; j < 4; j++) {
        ben.post(rooms(room) + "/messages", message("b" + j, "secret")).is(201);
        anna.post(rooms(room) + "/messages", message("a" + j, "stays")).is(201);
      }
      long edited =
          ids(anna.get(rooms(room) + "/messages").json(), "/offset").stream()
              .mapToLong(Long::parseLong)
              .min()
              .orElseThrow();
      ben.patch(rooms(room) + "/messages/" + edited, edit("secret, edited")).is(200);
    }
    try (Blocker blocker =
        new Blocker(
            chat.database(),
            "select 1 from message m join room r on r.tenant = m.tenant and r.number = m.room"
                + " where r.id = ? and m.sender = 'ben' and m.client_id = 'b2' for update of m",
            in.get(2))) {
      ben.delete("/chat/v1/users/ben").is(204);
      anna.get("/chat/v1/users/ben").problem(404, "unknown-user");
      for (int crash = 0; crash < 3; crash++) {
        blocker.killWhoWaits();
      }
      // all memberships, and the messages up to there
      assertThat(anna.get(rooms(in.get(0)) + "/messages").text()).doesNotContain("secret");
      assertThat(ids(anna.get(rooms(in.get(4)) + "/members").json(), "/userId"))
          .containsExactly("anna");
      assertThat(anna.get(rooms(in.get(4)) + "/messages").text()).contains("secret");
    }
    awaitErased("crash");
    for (String room : in) {
      assertUnreadable(readers("crash", "anna"), room, "-1", "secret");
      TreeMap<String, Integer> types = new TreeMap<>();
      for (JsonNode event : anna.get(rooms(room) + "/events?offset=-1").json()) {
        types.merge(event.path("type").asString(), 1, Integer::sum);
      }
      // each once, however often it was begun
      assertThat(types)
          .containsEntry("message.deleted", 4)
          .containsEntry("member.removed", 1)
          .containsEntry("message.created", 8)
          .containsEntry("message.edited", 1);
      assertThat(anna.get(rooms(room) + "/messages").text()).contains("stays");
    }
    assertThat(stored("crash")).doesNotContain("secret");
    assertThat(
            database
                .sql(
                    "select count(*) from message where tenant = 'crash' and sender = 'ben' and hash is not null")
                .query(Long.class)
                .single())
        .isZero();
  }

  @Test
  void theErasureOfARoomIsFinishedAfterACrashInTheMiddle() throws SQLException {
    Client anna = chat.user("crash2", "anna");
    String[] members = {"ben", "carla", "dora", "emil", "fred"};
    String room = room(anna, false, members);
    for (int i = 0; i < 10; i++) {
      send(anna, room, "secret");
    }
    try (Blocker blocker =
        new Blocker(
            chat.database(),
            "select 1 from message m join room r on r.tenant = m.tenant and r.number = m.room"
                + " where r.id = ? and m.\"offset\" = 12 for update of m",
            room)) {
      anna.delete(rooms(room)).is(204);
      anna.get(rooms(room)).problem(404, "unknown-room");
      anna.get(rooms(room) + "/events?offset=-1").problem(404, "unknown-room");
      for (int crash = 0; crash < 3; crash++) {
        blocker.killWhoWaits();
      }
    }
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database
                    .sql(
                        """
                        select (select count(*) from room where tenant = 'crash2')
                             + (select count(*) from member where tenant = 'crash2')
                             + (select count(*) from message where tenant = 'crash2')
                        """)
                    .query(Long.class)
                    .single()
                    .equals(0L));
    for (String user : members) {
      Client member = chat.user(1, "crash2", user);
      List<String> types = new ArrayList<>();
      member
          .get("/chat/v1/me/events?offset=-1")
          .json()
          .forEach(event -> types.add(event.path("type").asString()));
      assertThat(types).containsExactly("member.added", "member.removed");
      assertThat(member.get("/chat/v1/me/events?offset=snapshot").json().at("/data/rooms").size())
          .isZero();
    }
  }

  @Test
  void aUserDeletedAgainMeanwhileIsErasedAgain() throws SQLException {
    Client anna = chat.user("twice", "anna");
    String first = room(anna, false, "ben");
    String second = room(anna, false);
    try (Blocker _ =
        new Blocker(chat.database(), "select 1 from room where id = ? for update", first)) {
      chat.tenant("twice").delete("/chat/v1/users/ben").is(503);
      // somebody else, of whom no message tells the two apart
      anna.put(rooms(second) + "/members/ben").is(201);
      chat.tenant("twice").delete("/chat/v1/users/ben").is(503);
    }
    for (String room : new String[] {first, second}) {
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(ids(anna.get(rooms(room) + "/members").json(), "/userId"))
                      .containsExactly("anna"));
    }
  }

  /// Their room, which is needed to erase a message, is held all the while.
  @Test
  void messagesThatAreErasedAreNotErasedAgain() throws SQLException {
    Client anna = chat.user("again", "anna");
    Client ben = chat.user("again", "ben");
    String first = room(anna, false, "ben");
    for (int i = 0; i < 10; i++) {
      send(ben, first, "secret");
    }
    ben.delete("/chat/v1/users/ben").is(204);
    awaitErased("again");
    try (Blocker _ =
        new Blocker(chat.database(), "select 1 from room where id = ? for update", first)) {
      send(ben, room(anna, false, "ben"), "secret");
      ben.delete("/chat/v1/users/ben").is(204);
      awaitErased("again");
      assertThat(stored("again")).doesNotContain("secret");
    }
  }

  @Test
  void aLaterUserOfTheSameIdIsToldNothingOfTheFormer() {
    Client anna = chat.user("told", "anna");
    Client ben = chat.user("told", "ben");
    String room = room(anna, true, "ben");
    room(anna, true, "ben");
    room(anna, false, "ben");
    try (Stream stream = ben.stream("/chat/v1/me/events?offset=-1&live=sse").upToDate()) {
      chat.tenant("told").delete("/chat/v1/users/ben").is(204);
      stream.awaitEvent("user.deleted", _ -> true);
      assertThat(stream.awaitEnd()).isEqualTo("deleted");
    }
    assertThat(anna.get(rooms(room) + "/events?offset=-1").text()).contains("member.removed");
    assertThat(ben.get("/chat/v1/me/events?offset=-1").is(200).text()).isEqualTo("[]");
    anna.put(rooms(room) + "/members/ben").is(201);
    JsonNode events = ben.get("/chat/v1/me/events?offset=-1").is(200).json();
    assertThat(events.size()).isEqualTo(1);
    assertThat(events.path(0).path("type").asString()).isEqualTo("member.added");
  }

  @Test
  void whatALaterUserOfTheSameIdDoesIsLeftAlone() {
    Client anna = chat.user("later", "anna");
    String room = room(anna, false, "ben");
    send(chat.user("later", "ben"), room, "secret");
    chat.tenant("later").delete("/chat/v1/users/ben").is(204);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                !anna.get(rooms(room) + "/members").text().contains("ben")
                    && !anna.get(rooms(room) + "/messages").text().contains("secret"));
    anna.put(rooms(room) + "/members/ben").is(201);
    send(chat.user(1, "later", "ben"), room, "fresh words");
    chat.tenant("later").put("/chat/v1/users/ben", "{\"name\":\"Another Ben\"}").is(200);
    // a second request of the former user's goes through everything once more
    database
        .sql(
            """
            insert into user_erasure (tenant, user_id, up_to)
            select tenant, sender, min(number) from message
            where tenant = 'later' and sender = 'ben' group by tenant, sender
            """)
        .update();
    awaitErased("later");
    assertThat(anna.get(rooms(room) + "/messages").text()).contains("fresh words");
    assertThat(anna.get(rooms(room) + "/members").text()).contains("ben");
    assertThat(anna.get("/chat/v1/users/ben").json().path("name").asString())
        .isEqualTo("Another Ben");
    assertThat(chat.user("later", "ben").get("/chat/v1/me/events?offset=-1").text())
        .contains("member.added");
  }

  /// Also while removing them can't go on; what is joined meanwhile stays.
  @Test
  void theMembershipsOfADeletedUserEndAtOnce() throws SQLException {
    Client anna = chat.user("ended", "anna");
    Client[] ben = {chat.user(0, "ended", "ben"), chat.user(1, "ended", "ben")};
    String open = room(anna, false, "ben");
    String closed = room(anna, true, "ben");
    String own = room(ben[0], false, "anna");
    long former =
        ben[0]
            .post(rooms(open) + "/messages", message("formers", "secret"))
            .is(201)
            .json()
            .path("offset")
            .asLong();
    for (Client node : ben) {
      send(node, open, "secret");
      send(node, closed, "secret");
    }
    try (Blocker _ =
        new Blocker(chat.database(), "select 1 from room where id = ? for update", closed)) {
      ben[0].delete("/chat/v1/users/ben").is(503);
      for (Client node : ben) {
        node.post(rooms(open) + "/messages", message("late", "secret"))
            .problem(403, "not-a-member");
        node.post(rooms(closed) + "/messages", message("late", "secret"))
            .problem(404, "unknown-room");
        node.get(rooms(closed) + "/messages").problem(404, "unknown-room");
        node.get(rooms(closed) + "/events?offset=-1").problem(404, "unknown-room");
        assertThat(node.get("/chat/v1/rooms").text()).doesNotContain(closed);
        assertThat(node.get("/chat/v1/me/events?offset=snapshot").json().at("/data/rooms"))
            .isEmpty();
        node.patch(rooms(own), "{\"name\":\"mine again\"}").problem(403, "not-allowed");
        node.delete(rooms(own) + "/members/anna").problem(403, "not-allowed");
      }
      ben[1].put(rooms(open) + "/members/ben").is(201);
      send(ben[0], open, "fresh words");
      // the former's messages are nobody's
      ben[0].patch(rooms(open) + "/messages/" + former, edit("forged")).problem(403, "not-allowed");
      ben[0].delete(rooms(open) + "/messages/" + former).problem(403, "not-allowed");
      ben[0]
          .post(rooms(open) + "/messages", message("formers", "secret"))
          .problem(409, "message-conflict");
    }
    awaitErased("ended");
    assertUnreadable(readers("ended", "anna"), open, "-1", "secret");
    assertUnreadable(readers("ended", "anna"), closed, "-1", "secret");
    assertThat(anna.get(rooms(open) + "/messages").text()).contains("fresh words");
    assertThat(ids(anna.get(rooms(open) + "/members").json(), "/userId")).contains("ben");
    assertThat(ids(anna.get(rooms(closed) + "/members").json(), "/userId")).containsExactly("anna");
  }

  @Test
  void nothingIsToldToADeletedUserAfterTheAnswer() throws Exception {
    Client anna = chat.user("silent", "anna");
    Client[] ben = readers("silent", "ben");
    // somebody of whom much is still to be erased
    Client dora = chat.user("silent", "dora");
    String room = room(anna, true, "ben", "dora");
    for (int i = 0; i < 200; i++) {
      send(dora, room, "much");
    }
    try (ExecutorService polls = Executors.newVirtualThreadPerTaskExecutor();
        Stream here = ben[0].stream(rooms(room) + "/events?offset=now&live=sse").upToDate();
        Stream there = ben[1].stream(rooms(room) + "/events?offset=now&live=sse").upToDate()) {
      Future<Client.Answer> poll =
          polls.submit(() -> ben[0].get(rooms(room) + "/events?offset=now&live=long-poll"));
      chat.tenant("silent").delete("/chat/v1/users/dora").is(204);
      chat.tenant("silent").delete("/chat/v1/users/ben").is(204);
      send(anna, room, "secret");
      for (Stream stream : new Stream[] {here, there}) {
        stream.awaitEvent("member.removed", it -> it.path("userId").asString().equals("ben"));
        assertThat(stream.awaitEnd()).contains("access_removed");
        assertThat(stream.text()).doesNotContain("secret");
      }
      assertThat(poll.get().text()).doesNotContain("secret");
    }
  }

  @Test
  void whatIsErasedIsNoLongerUnread() {
    Client anna = chat.user("less", "anna");
    Client ben = chat.user("less", "ben");
    String room = room(anna, false, "ben");
    try (Stream own = anna.stream("/chat/v1/me/events?offset=snapshot&live=sse").upToDate()) {
      send(ben, room, "secret");
      own.awaitEphemeral("unread", it -> it.path("unread").asLong() == 1);
      ben.delete("/chat/v1/users/ben").is(204);
      own.awaitEphemeral("unread", it -> it.path("unread").asLong() == 0);
    }
  }

  @Test
  void whoIsDeletedAndDescribedAtOnceIsOneOrTheOther() throws Exception {
    Client tenant = chat.tenant("both");
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> loops = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        boolean deletes = i == 0;
        loops.add(
            callers.submit(
                () -> {
                  for (int j = 0; j < 40; j++) {
                    Client.Answer answer =
                        deletes
                            ? tenant.delete("/chat/v1/users/eve")
                            : tenant.put("/chat/v1/users/eve", "{\"name\":\"Eve\"}");
                    assertThat(answer.status()).as(answer.text()).isIn(200, 204, 404);
                  }
                }));
      }
      for (Future<?> loop : loops) {
        loop.get();
      }
    }
  }

  @Test
  void aMessageUnderWayWhenItsSenderIsDeletedIsErasedOrRefused() throws Exception {
    Client anna = chat.user("underway", "anna");
    Client ben = chat.user("underway", "ben");
    String room = room(anna, false, "ben");
    send(ben, room, "secret");
    try (ExecutorService sender = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Client.Answer> late;
      Future<Client.Answer> deletion;
      try (Blocker blocker =
          new Blocker(
              chat.database(),
              "select 1 from ps_topic where key like ? for update",
              "underway/" + room + "/%")) {
        late = sender.submit(() -> ben.post(rooms(room) + "/messages", message("late", "secret")));
        blocker.awaitSomebody();
        deletion = sender.submit(() -> chat.tenant("underway").delete("/chat/v1/users/ben"));
        Awaitility.await()
            .until(
                () ->
                    database
                        .sql("select count(*) from chat_user where tenant = ? and id = 'ben'")
                        .param("underway")
                        .query(Long.class)
                        .single()
                        .equals(0L));
      }
      deletion.get().is(204);
      late.get().problem(403, "not-a-member");
    }
    Awaitility.await().atMost(PATIENCE).until(() -> !stored("underway").contains("secret"));
    assertUnreadable(readers("underway", "anna"), room, "-1", "secret");
  }

  /// Whatever first succeeds names the token's user, each kind of answer of a stream's URL too.
  @Test
  void whoeverIsAnsweredIsAUser() {
    Client anna = chat.user("named", "anna");
    String room = room(anna, false);
    List<String> paths =
        List.of(
            "/chat/v1/rooms",
            "/chat/v1/users/anna",
            rooms(room),
            rooms(room) + "/members",
            rooms(room) + "/messages",
            rooms(room) + "/presence",
            rooms(room) + "/events",
            rooms(room) + "/events?offset=now",
            rooms(room) + "/events?offset=snapshot",
            rooms(room) + "/events?offset=-1&live=long-poll",
            "/chat/v1/me/events?offset=-1",
            "/chat/v1/me/events?offset=snapshot");
    for (int i = 0; i < paths.size(); i++) {
      chat.user(i % 2, "named", "user-" + i).get(paths.get(i)).is(200);
      anna.get("/chat/v1/users/user-" + i).is(200);
    }
    chat.user("named", "streamer").stream(rooms(room) + "/events?offset=now&live=sse")
        .upToDate()
        .close();
    anna.get("/chat/v1/users/streamer").is(200);
    chat.user("named", "header").send("HEAD", rooms(room) + "/events", null).is(200);
    anna.get("/chat/v1/users/header").is(200);
  }

  @Test
  void aUserWhoseFirstRequestFailsIsThereWithTheNext() {
    Client anna = chat.user("first", "anna");
    String room = room(anna, false);
    Client dora = chat.user("first", "dora");
    dora.delete(rooms(room) + "/members/anna").problem(403, "not-allowed");
    dora.get(rooms(room)).is(200);
    anna.get("/chat/v1/users/dora").is(200);
  }
}
