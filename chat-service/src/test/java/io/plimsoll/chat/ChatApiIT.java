package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.fresh;
import static io.plimsoll.chat.Scene.ids;
import static io.plimsoll.chat.Scene.message;
import static io.plimsoll.chat.Scene.room;
import static io.plimsoll.chat.Scene.rooms;
import static io.plimsoll.chat.Scene.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.chat.Client.Answer;
import io.plimsoll.service.TestTokens;
import io.plimsoll.subscriptions.TestBackends;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// The whole API, on two nodes.
class ChatApiIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static TestChat chat;

  @BeforeAll
  static void start() {
    chat =
        TestChat.start(
            2,
            TestBackends.redis(),
            "plimsoll.chat.live.announce=1s",
            "plimsoll.chat.live.gone=3s",
            "plimsoll.chat.erasure.check=100ms",
            "plimsoll.chat.erasure.members=2",
            "plimsoll.chat.rooms.max-members=20",
            "plimsoll.chat.rooms.max-rooms-per-user=30");
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  // ---- rooms

  @Test
  void aRoomIsMadeReadChangedAndDeleted() {
    Client anna = chat.user("rooms", "anna");
    String id = fresh();
    Answer made =
        anna.post(
                "/chat/v1/rooms",
                "{\"id\":\"%s\",\"name\":\"R\",\"custom\":{\"a\":[1,2.50,\"x\"]}}".formatted(id))
            .is(201);
    assertThat(made.header("Location")).isEqualTo(rooms(id));
    assertThat(made.json().path("private").asBoolean(true)).isFalse();
    assertThat(made.json().path("createdBy").asString()).isEqualTo("anna");
    assertThat(anna.get(rooms(id)).is(200).json()).isEqualTo(made.json());
    anna.post("/chat/v1/rooms", "{\"id\":\"%s\",\"name\":\"R\"}".formatted(id))
        .problem(409, "room-exists");
    JsonNode changed = anna.patch(rooms(id), "{\"name\":\"S\",\"custom\":null}").is(200).json();
    assertThat(changed.path("name").asString()).isEqualTo("S");
    assertThat(changed.has("custom")).isFalse();
    assertThat(changed.has("updatedAt")).isTrue();
    assertThat(anna.patch(rooms(id), "{\"name\":\"S\"}").is(200).json()).isEqualTo(changed);
    anna.delete(rooms(id)).is(204);
    anna.get(rooms(id)).problem(404, "unknown-room");
    anna.delete(rooms(id)).problem(404, "unknown-room");
  }

  @Test
  void aRoomWithoutAnIdGetsOne() {
    String id =
        chat.user("rooms", "anna")
            .post("/chat/v1/rooms", "{\"name\":\"R\"}")
            .is(201)
            .json()
            .path("id")
            .asString();
    assertThat(id).matches("[A-Za-z0-9_.~-]{1,128}");
  }

  @Test
  void onlyTheCreatorAndTheTenantChangeARoom() {
    String id = room(chat.user("rooms", "anna"), false, "ben");
    Client ben = chat.user("rooms", "ben");
    ben.patch(rooms(id), "{\"name\":\"S\"}").problem(403, "not-allowed");
    ben.delete(rooms(id)).problem(403, "not-allowed");
    ben.put(rooms(id) + "/members/carla").problem(403, "not-allowed");
    ben.delete(rooms(id) + "/members/anna").problem(403, "not-allowed");
    chat.tenant("rooms").patch(rooms(id), "{\"name\":\"S\"}").is(200);
    chat.tenant("rooms").put(rooms(id) + "/members/carla").is(201);
    chat.tenant("rooms").delete(rooms(id)).is(204);
  }

  @Test
  void aPrivateRoomDoesNotExistForOthers() {
    String id = room(chat.user("rooms", "anna"), true, "ben");
    Client mallory = chat.user("rooms", "mallory");
    String unknown = mallory.get(rooms(id)).problem(404, "unknown-room").text();
    String absent = mallory.get(rooms("absent")).problem(404, "unknown-room").text();
    assertThat(unknown.replace(id, "?")).isEqualTo(absent.replace("absent", "?"));
    for (String path : new String[] {"/members", "/messages", "/presence", "/events?offset=-1"}) {
      mallory.get(rooms(id) + path).problem(404, "unknown-room");
    }
    mallory.post(rooms(id) + "/messages", message("c", "x")).problem(404, "unknown-room");
    mallory.put(rooms(id) + "/members/mallory").problem(404, "unknown-room");
    mallory.delete(rooms(id) + "/members/ben").problem(404, "unknown-room");
    mallory.put(rooms(id) + "/cursors/me", "{\"offset\":0}").problem(404, "unknown-room");
    mallory.post(rooms(id) + "/typing", "{}").problem(404, "unknown-room");
    mallory.patch(rooms(id), "{\"name\":\"S\"}").problem(404, "unknown-room");
    assertThat(ids(mallory.get("/chat/v1/rooms?public=true&limit=200").json(), "/room/id"))
        .doesNotContain(id);
    chat.user("rooms", "ben").get(rooms(id)).is(200);
  }

  @Test
  void membersJoinLeaveAndAreListed() {
    Client anna = chat.user("rooms", "anna");
    String id = room(anna, false);
    Client ben = chat.user("rooms", "ben");
    ben.get(rooms(id)).is(200);
    ben.post(rooms(id) + "/messages", message("c", "x")).problem(403, "not-a-member");
    JsonNode member = ben.put(rooms(id) + "/members/ben").is(201).json();
    assertThat(ben.put(rooms(id) + "/members/ben").is(200).json()).isEqualTo(member);
    anna.put(rooms(id) + "/members/carla").is(201);
    JsonNode page = anna.get(rooms(id) + "/members?limit=2").is(200).json();
    assertThat(ids(page, "/userId")).containsExactly("anna", "ben");
    JsonNode rest =
        anna.get(rooms(id) + "/members?after=" + page.path("next").asString()).is(200).json();
    assertThat(ids(rest, "/userId")).containsExactly("carla");
    assertThat(rest.has("next")).isFalse();
    ben.delete(rooms(id) + "/members/ben").is(204);
    ben.delete(rooms(id) + "/members/ben").is(204);
    ben.post(rooms(id) + "/messages", message("c", "x")).problem(403, "not-a-member");
  }

  @Test
  void aListOfRoomsCountsWhatIsUnread() {
    Client anna = chat.user("unread", "anna");
    Client ben = chat.user("unread", "ben");
    List<String> made =
        java.util.stream.Stream.of(1, 2, 3).map(_ -> room(anna, true, "ben")).sorted().toList();
    long first = send(anna, made.get(0), "1");
    send(anna, made.get(0), "2");
    long own = send(ben, made.get(0), "3");
    long deleted = send(anna, made.get(0), "4");
    anna.delete(rooms(made.get(0)) + "/messages/" + deleted).is(204);
    ben.put(rooms(made.get(0)) + "/cursors/me", "{\"offset\":%d}".formatted(first)).is(200);
    JsonNode page = ben.get("/chat/v1/rooms?limit=2").is(200).json();
    assertThat(ids(page, "/room/id")).containsExactly(made.get(0), made.get(1));
    assertThat(page.at("/items/0/unread").asLong()).isEqualTo(1);
    assertThat(page.at("/items/0/cursor").asLong()).isEqualTo(first);
    assertThat(page.at("/items/1/unread").asLong()).isZero();
    JsonNode rest = ben.get("/chat/v1/rooms?after=" + page.path("next").asString()).json();
    assertThat(ids(rest, "/room/id")).containsExactly(made.get(2));
    assertThat(own).isGreaterThan(first);
    JsonNode all = chat.tenant("unread").get("/chat/v1/rooms").is(200).json();
    assertThat(ids(all, "/room/id")).containsExactlyElementsOf(made);
    assertThat(all.at("/items/0").has("unread")).isFalse();
  }

  /// A message moves no position of its readers' own topics.
  @Test
  void aUsersSnapshotSaysWhatIsUnreadNow() {
    Client anna = chat.user("counts", "anna");
    Client ben = chat.user("counts", "ben");
    String room = room(anna, false, "ben");
    for (int sent = 0; sent < 3; sent++) {
      JsonNode snapshot = ben.get("/chat/v1/me/events?offset=snapshot").is(200).json();
      assertThat(snapshot.at("/data/rooms/0/unread").asLong()).isEqualTo(sent);
      send(anna, room, "hello");
    }
  }

  @Test
  void unreadIsCountedUpToAThousand() {
    Client anna = chat.user("much", "anna");
    Client ben = chat.user("much", "ben");
    String id = room(anna, false, "ben");
    send(anna, id, "first");
    // as many as would take a while to send
    JdbcClient.create(chat.database().dataSource())
        .sql(
            """
            insert into message (tenant, room, "offset", tag, sender, client_id, parts, created_at)
            select m.tenant, m.room, 1000 + i, m.tag, m.sender, 'c' || i, m.parts, now()
            from message m, generate_series(1, 1100) i where m.tenant = 'much'
            """)
        .update();
    assertThat(ben.get("/chat/v1/rooms").json().at("/items/0/unread").asLong()).isEqualTo(1_000);
    assertThat(
            ben.get("/chat/v1/me/events?offset=snapshot")
                .json()
                .at("/data/rooms/0/unread")
                .asLong())
        .isEqualTo(1_000);
    assertThat(anna.get("/chat/v1/rooms").json().at("/items/0/unread").asLong()).isZero();
    try (Stream own = ben.stream("/chat/v1/me/events?offset=now&live=sse").upToDate()) {
      anna.delete(rooms(id) + "/messages/1001").is(204);
      own.awaitEphemeral("unread", it -> it.path("unread").asLong() == 1_000);
      ben.put(rooms(id) + "/cursors/me", "{\"offset\":1200}").is(200);
      own.awaitEphemeral("unread", it -> it.path("unread").asLong() == 900);
    }
  }

  @Test
  void membershipsAreBounded() {
    Client tenant = chat.tenant("bounds");
    String full = room(tenant, false);
    for (int i = 0; i < 20; i++) {
      tenant.put(rooms(full) + "/members/u" + i).is(201);
    }
    tenant.put(rooms(full) + "/members/one-more").problem(409, "too-many-members");
    for (int i = 0; i < 30; i++) {
      room(tenant, false, "busy");
    }
    tenant
        .post("/chat/v1/rooms", "{\"name\":\"R\",\"memberIds\":[\"busy\"]}")
        .problem(409, "too-many-members");
  }

  @Test
  void whoComesToARoomAtOnceIsBounded() throws Exception {
    Client tenant = chat.tenant("rush");
    String[] members = IntStream.range(0, 15).mapToObj(i -> "u" + i).toArray(String[]::new);
    String full = room(tenant, false, members);
    assertThat(
            atOnce(
                "rush/" + full + "/%",
                i -> chat.user(i % 2, "rush", "late" + i).put(rooms(full) + "/members/late" + i)))
        .isEqualTo(Map.of(201, 5L, 409, 5L));
    assertThat(ids(tenant.get(rooms(full) + "/members").json(), "/userId")).hasSize(20);
  }

  @Test
  void theRoomsToWhichAUserComesAtOnceAreBounded() throws Exception {
    Client tenant = chat.tenant("rush");
    for (int i = 0; i < 25; i++) {
      room(tenant, false, "busy");
    }
    String[] others = IntStream.range(0, 10).mapToObj(_ -> fresh()).toArray(String[]::new);
    for (int i = 0; i < 10; i += 2) {
      tenant.post("/chat/v1/rooms", newRoom(others[i])).is(201);
    }
    Client[] busy = {chat.user(0, "rush", "busy"), chat.user(1, "rush", "busy")};
    assertThat(
            atOnce(
                "rush/busy",
                i ->
                    i % 2 == 0
                        ? busy[i / 2 % 2].put(rooms(others[i]) + "/members/busy")
                        : busy[i / 2 % 2].post("/chat/v1/rooms", newRoom(others[i]))))
        .isEqualTo(Map.of(201, 5L, 409, 5L));
    assertThat(ids(busy[0].get("/chat/v1/rooms").json(), "/room/id")).hasSize(30);
  }

  private static String newRoom(String id) {
    return "{\"id\":\"%s\",\"name\":\"R\"}".formatted(id);
  }

  /// What ten requests are answered, of which none is through before all have come as far as the
  /// topic.
  private static Map<Integer, Long> atOnce(String topic, IntFunction<Answer> request)
      throws Exception {
    List<Future<Answer>> answers = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
        Blocker blocker =
            new Blocker(
                chat.database(), "select 1 from ps_topic where key like ? for update", topic)) {
      for (int i = 0; i < 10; i++) {
        int number = i;
        answers.add(callers.submit(() -> request.apply(number)));
      }
      blocker.await(10);
    }
    Map<Integer, Long> statuses = new TreeMap<>();
    for (Future<Answer> answer : answers) {
      statuses.merge(answer.get().status(), 1L, Long::sum);
    }
    return statuses;
  }

  // ---- messages

  @Test
  void messagesAreReadInBothDirections() {
    Client anna = chat.user("pages", "anna");
    String id = room(anna, false);
    List<Long> sent = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      sent.add(send(anna, id, "m" + i));
    }
    JsonNode newest = anna.get(rooms(id) + "/messages?limit=2").is(200).json();
    assertThat(ids(newest, "/offset")).containsExactly("" + sent.get(3), "" + sent.get(4));
    JsonNode older =
        anna.get(rooms(id) + "/messages?limit=2&before=" + newest.path("next").asLong()).json();
    assertThat(ids(older, "/offset")).containsExactly("" + sent.get(1), "" + sent.get(2));
    JsonNode oldest =
        anna.get(rooms(id) + "/messages?limit=2&before=" + older.path("next").asLong()).json();
    assertThat(ids(oldest, "/offset")).containsExactly("" + sent.get(0));
    assertThat(oldest.has("next")).isFalse();
    JsonNode after = anna.get(rooms(id) + "/messages?limit=3&after=" + sent.get(0)).json();
    assertThat(ids(after, "/offset"))
        .containsExactly("" + sent.get(1), "" + sent.get(2), "" + sent.get(3));
    anna.get(rooms(id) + "/messages?before=3&after=1").problem(400, "invalid-parameter");
    anna.get(rooms(id) + "/messages?limit=0").problem(400, "invalid-parameter");
    anna.get(rooms(id) + "/messages?limit=201").problem(400, "invalid-parameter");
    anna.get(rooms(id) + "/messages?before=x").problem(400, "invalid-parameter");
    assertThat(anna.get(rooms(id) + "/messages/" + sent.get(2)).is(200).json())
        .isEqualTo(older.at("/items/1"));
  }

  @Test
  void aMessageIsEditedAndDeletedByItsSenderAndTheTenant() {
    Client anna = chat.user("edits", "anna");
    String id = room(anna, false, "ben");
    long offset = send(anna, id, "first");
    String path = rooms(id) + "/messages/" + offset;
    String other = "{\"parts\":[{\"type\":\"text/plain\",\"content\":\"second\"}]}";
    chat.user("edits", "ben").patch(path, other).problem(403, "not-allowed");
    chat.user("edits", "ben").delete(path).problem(403, "not-allowed");
    Answer edited = anna.patch(path, other).is(200);
    assertThat(edited.json().path("offset").asLong()).isEqualTo(offset);
    assertThat(edited.json().has("editedAt")).isTrue();
    assertThat(edited.header("Stream-Next-Offset")).isNotEmpty();
    chat.tenant("edits").patch(path, other).is(200);
    anna.delete(path).is(204);
    anna.delete(path).is(204);
    anna.patch(path, other).problem(409, "message-deleted");
    JsonNode gone = anna.get(path).is(200).json();
    assertThat(gone.path("parts").size()).isZero();
    assertThat(gone.has("deletedAt")).isTrue();
    anna.patch(rooms(id) + "/messages/99999", other).problem(404, "unknown-message");
    anna.delete(rooms(id) + "/messages/99999").problem(404, "unknown-message");
    String log = anna.get(rooms(id) + "/events?offset=-1").is(200).text();
    assertThat(log).contains("message.deleted").doesNotContain("first").doesNotContain("second");
  }

  @Test
  void theTenantNamesTheSenderAndUsersDoNot() {
    Client tenant = chat.tenant("senders");
    String id = room(tenant, false, "anna");
    String named =
        "{\"clientId\":\"c\",\"senderId\":\"%s\",\"parts\":[{\"type\":\"text/plain\",\"content\":\"x\"}]}";
    tenant.post(rooms(id) + "/messages", message("c", "x")).problem(400, "invalid-body");
    chat.user("senders", "anna")
        .post(rooms(id) + "/messages", named.formatted("anna"))
        .problem(400, "invalid-body");
    tenant.post(rooms(id) + "/messages", named.formatted("stranger")).problem(403, "not-a-member");
    JsonNode sent = tenant.post(rooms(id) + "/messages", named.formatted("anna")).is(201).json();
    assertThat(sent.path("senderId").asString()).isEqualTo("anna");
    chat.user("senders", "anna").post(rooms(id) + "/messages", message("c", "x")).is(200);
    tenant.get("/chat/v1/me/events?offset=-1").problem(403, "user-required");
    tenant.put(rooms(id) + "/cursors/me", "{\"offset\":0}").problem(403, "user-required");
  }

  // ---- limits and tokens

  @Test
  void takesPartsOf64KiBAndNoLarger() {
    Client anna = chat.user("large", "anna");
    String id = room(anna, false);
    String full = "é".repeat(32 * 1024);
    long offset = send(anna, id, full);
    assertThat(anna.get(rooms(id) + "/messages/" + offset).json().at("/parts/0/content").asString())
        .isEqualTo(full);
    anna.post(rooms(id) + "/messages", message("c", full + "x")).problem(413, "message-too-large");
    anna.post(rooms(id) + "/messages", message("c", "\\u0001".repeat(40 * 1024)))
        .problem(413, "message-too-large");
  }

  @Test
  void refusesWhatDidNotComeThroughTheGateway() {
    new Client(chat.port(0), null).get("/chat/v1/rooms").problem(401, "not-through-gateway");
    Client reader = new Client(chat.port(0), TestTokens.user("chat", "t", "anna", "chat:read"));
    reader.post("/chat/v1/rooms", "{\"name\":\"R\"}").problem(403, "insufficient_scope");
  }

  // ---- users

  @Test
  void aUserComesIntoBeingWhenFirstNamed() {
    Client anna = chat.user("users", "anna");
    anna.get("/chat/v1/users/nobody").problem(404, "unknown-user");
    anna.get("/chat/v1/users/anna").is(200);
    room(anna, false, "named");
    anna.get("/chat/v1/users/named").is(200);
    JsonNode set =
        anna.put("/chat/v1/users/anna", "{\"name\":\"Anna\",\"custom\":{\"x\":1}}").is(200).json();
    assertThat(anna.get("/chat/v1/users/anna").json()).isEqualTo(set);
    anna.put("/chat/v1/users/named", "{\"name\":\"X\"}").problem(403, "not-allowed");
    anna.delete("/chat/v1/users/named").problem(403, "not-allowed");
    chat.tenant("users").put("/chat/v1/users/new", "{\"name\":\"N\"}").is(200);
    chat.tenant("users").delete("/chat/v1/users/new").is(204);
    chat.tenant("users").delete("/chat/v1/users/new").problem(404, "unknown-user");
    anna.put("/chat/v1/users/anna", "{\"nom\":\"X\"}").problem(400, "invalid-body");
  }

  @Test
  void aDeletedUsersWordsAndMembershipsGo() {
    Client anna = chat.user("erasure", "anna");
    Client ben = chat.user("erasure", "ben");
    List<String> in = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      in.add(room(anna, false, "ben"));
      send(ben, in.get(i), "secret" + i);
      send(ben, in.get(i), "secret too " + i);
      send(anna, in.get(i), "stays");
    }
    try (Stream stream = ben.stream("/chat/v1/me/events?offset=-1&live=sse")) {
      ben.delete("/chat/v1/users/ben").is(204);
      assertThat(stream.awaitEnd()).isEqualTo("deleted");
    }
    anna.get("/chat/v1/users/ben").problem(404, "unknown-user");
    for (String room : in) {
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                String log = anna.get(rooms(room) + "/events?offset=-1").is(200).text();
                assertThat(log).doesNotContain("secret").contains("stays", "message.deleted");
                assertThat(anna.get(rooms(room) + "/messages").text())
                    .doesNotContain("secret")
                    .contains("stays");
                assertThat(ids(anna.get(rooms(room) + "/members").json(), "/userId"))
                    .containsExactly("anna");
              });
    }
    // the id is free for somebody else
    anna.put(rooms(in.get(0)) + "/members/ben").is(201);
    send(ben, in.get(0), "fresh words");
    assertThat(anna.get(rooms(in.get(0)) + "/messages").text()).contains("fresh words");
  }

  @Test
  void aDeletedRoomIsGoneAtOnceAndItsIdIsFree() {
    Client anna = chat.user("again", "anna");
    String id = room(anna, true, "ben", "carla", "dora", "emil");
    anna.post(rooms(id) + "/messages", message("c1", "old")).is(201);
    try (Stream ben = chat.user(1, "again", "ben").stream("/chat/v1/me/events?offset=-1&live=sse");
        Stream room =
            chat.user(1, "again", "ben").stream(rooms(id) + "/events?offset=-1&live=sse")) {
      ben.awaitEvent("member.added");
      room.upToDate();
      anna.delete(rooms(id)).is(204);
      chat.user(1, "again", "ben").get(rooms(id)).problem(404, "unknown-room");
      anna.post(
              "/chat/v1/rooms",
              "{\"id\":\"%s\",\"name\":\"N\",\"memberIds\":[\"ben\"]}".formatted(id))
          .is(201);
      assertThat(room.awaitEnd()).isEqualTo("deleted");
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(ben.types())
                      .containsExactly("member.added", "member.removed", "member.added"));
    }
    assertThat(anna.get(rooms(id) + "/messages").json().path("items").size()).isZero();
    anna.post(rooms(id) + "/messages", message("c1", "new")).is(201);
    assertThat(ids(anna.get(rooms(id) + "/members").json(), "/userId"))
        .containsExactly("anna", "ben");
    // what carla had is gone by itself
    Client carla = chat.user("again", "carla");
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(carla.get("/chat/v1/me/events?offset=-1").text())
                    .contains("member.removed"));
  }

  // ---- streams

  @Test
  void theStreamOfWhoIsRemovedFromAPrivateRoomEnds() {
    Client anna = chat.user("access", "anna");
    String id = room(anna, true, "ben");
    try (Stream here =
            chat.user(0, "access", "ben").stream(rooms(id) + "/events?offset=now&live=sse");
        Stream there =
            chat.user(1, "access", "ben").stream(rooms(id) + "/events?offset=now&live=sse");
        Stream hers = anna.stream(rooms(id) + "/events?offset=now&live=sse")) {
      here.upToDate();
      there.upToDate();
      hers.upToDate();
      anna.delete(rooms(id) + "/members/ben").is(204);
      send(anna, id, "not for ben");
      assertThat(here.awaitEnd()).isEqualTo("access_removed");
      assertThat(there.awaitEnd()).isEqualTo("access_removed");
      assertThat(here.types()).containsExactly("member.removed");
      assertThat(there.types()).containsExactly("member.removed");
      hers.awaitEvent("message.created");
      assertThat(hers.isOver()).isFalse();
    }
  }

  @Test
  void aRoomMadePrivateEndsTheStreamsOfOthers() {
    Client anna = chat.user("access", "anna");
    String id = room(anna, false, "ben");
    try (Stream guest =
            chat.user(1, "access", "guest").stream(rooms(id) + "/events?offset=now&live=sse");
        Stream member =
            chat.user(1, "access", "ben").stream(rooms(id) + "/events?offset=now&live=sse")) {
      guest.upToDate();
      member.upToDate();
      anna.patch(rooms(id), "{\"private\":true}").is(200);
      send(anna, id, "among ourselves");
      assertThat(guest.awaitEnd()).isEqualTo("access_removed");
      assertThat(guest.types()).containsExactly("room.updated");
      member.awaitEvent("message.created");
    }
    String open = room(anna, false, "ben");
    try (Stream left =
        chat.user("access", "ben").stream(rooms(open) + "/events?offset=now&live=sse")) {
      left.upToDate();
      anna.delete(rooms(open) + "/members/ben").is(204);
      send(anna, open, "for everybody");
      left.awaitEvent("message.created"); // who left a public room may go on reading
    }
  }

  @Test
  void cursorsAreToldOncePerSecondAndTheLastIsToldInTheEnd() {
    Client anna = chat.user("cursors", "anna");
    String id = room(anna, false, "ben");
    List<Long> sent = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      sent.add(send(anna, id, "m" + i));
    }
    Client ben = chat.user(0, "cursors", "ben");
    try (Stream own =
            chat.user(1, "cursors", "ben").stream("/chat/v1/me/events?offset=-1&live=sse");
        Stream room =
            chat.user(1, "cursors", "anna").stream(rooms(id) + "/events?offset=now&live=sse")) {
      own.upToDate();
      room.upToDate();
      for (long offset : sent) {
        JsonNode moved =
            ben.put(rooms(id) + "/cursors/me", "{\"offset\":%d}".formatted(offset)).is(200).json();
        assertThat(moved.path("offset").asLong()).isEqualTo(offset);
      }
      long last = sent.getLast();
      own.awaitEvent("cursor.moved", cursor -> cursor.path("offset").asLong() == last);
      room.awaitEphemeral("cursor.moved", cursor -> cursor.path("offset").asLong() == last);
      List<JsonNode> told =
          own.events().stream()
              .filter(event -> event.path("type").asString().equals("cursor.moved"))
              .toList();
      assertThat(told).hasSizeLessThan(sent.size());
      for (int i = 1; i < told.size(); i++) {
        assertThat(
                Duration.between(
                    Instant.parse(told.get(i - 1).path("time").asString()),
                    Instant.parse(told.get(i).path("time").asString())))
            .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
      }
      assertThat(room.types()).doesNotContain("cursor.moved");
      own.awaitEphemeral("unread", unread -> unread.path("unread").asLong() == 0);
      send(anna, id, "more");
      own.awaitEphemeral("unread", unread -> unread.path("unread").asLong() == 1);
    }
    ben.put(rooms(id) + "/cursors/me", "{\"offset\":99999}").problem(400, "future-offset");
    ben.put(rooms(id) + "/cursors/me", "{\"offset\":-1}").problem(400, "invalid-body");
    chat.user("cursors", "guest")
        .put(rooms(id) + "/cursors/me", "{\"offset\":0}")
        .problem(403, "not-a-member");
  }

  @Test
  void presenceIsKnownOnEveryNode() {
    Client anna = chat.user(0, "presence", "anna");
    String id = room(anna, false, "ben");
    try (Stream hers = anna.stream(rooms(id) + "/events?offset=now&live=sse")) {
      hers.upToDate();
      Client ben = chat.user(1, "presence", "ben");
      Stream his = ben.stream(rooms(id) + "/events?offset=now&live=sse");
      hers.awaitEphemeral("presence", it -> it.path("online").toString().contains("ben"));
      for (int node = 0; node < 2; node++) {
        Client anyone = chat.user(node, "presence", "carla");
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(anyone.get(rooms(id) + "/presence").is(200).json().path("online"))
                        .extracting(JsonNode::asString)
                        .containsExactly("anna", "ben"));
      }
      his.close();
      hers.awaitEphemeral("presence", it -> it.path("offline").toString().contains("ben"));
    }
    Client carla = chat.user(1, "presence", "carla");
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> carla.get(rooms(id) + "/presence").json().path("online").isEmpty());
  }

  @Test
  void typingReachesOthersAndIsRationed() {
    Client anna = chat.user("typing", "anna");
    String id = room(anna, false, "ben");
    try (Stream stream =
        chat.user(1, "typing", "ben").stream(rooms(id) + "/events?offset=now&live=sse")) {
      stream.upToDate();
      anna.send("POST", rooms(id) + "/typing", null).is(204);
      stream.awaitEphemeral("typing", it -> it.path("userId").asString().equals("anna"));
      assertThat(stream.types()).isEmpty();
    }
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < 200 && (answers.isEmpty() || answers.getLast().status() == 204); i++) {
      answers.add(anna.post(rooms(id) + "/typing", "{}"));
    }
    answers.getLast().problem(429, "too-much-typing");
    assertThat(answers.getLast().header("Retry-After")).isEqualTo("1");
    chat.tenant("typing").post(rooms(id) + "/typing", "{\"senderId\":\"ben\"}").is(204);
    chat.tenant("typing").post(rooms(id) + "/typing", "{}").problem(400, "invalid-body");
    chat.user("typing", "guest").post(rooms(id) + "/typing", "{}").problem(403, "not-a-member");
  }

  @Test
  void twoTenantsWithEqualIdsNeverMeet() {
    Client acme = chat.user(0, "acme", "anna");
    Client evil = chat.user(1, "evil", "anna");
    String id = room(acme, false, "ben");
    acme.post(rooms(id) + "/messages", message("c1", "of acme")).is(201);
    acme.put("/chat/v1/users/anna", "{\"name\":\"Anna of acme\"}").is(200);
    evil.get(rooms(id)).problem(404, "unknown-room");
    evil.post(rooms(id) + "/messages", message("c1", "x")).problem(404, "unknown-room");
    evil.get(rooms(id) + "/messages").problem(404, "unknown-room");
    evil.get(rooms(id) + "/members").problem(404, "unknown-room");
    evil.get(rooms(id) + "/presence").problem(404, "unknown-room");
    evil.get(rooms(id) + "/events?offset=-1").problem(404, "unknown-room");
    evil.patch(rooms(id), "{\"name\":\"x\"}").problem(404, "unknown-room");
    evil.delete(rooms(id)).problem(404, "unknown-room");
    evil.put(rooms(id) + "/members/anna").problem(404, "unknown-room");
    evil.put(rooms(id) + "/cursors/me", "{\"offset\":0}").problem(404, "unknown-room");
    chat.tenant("evil").get(rooms(id)).problem(404, "unknown-room");
    // the same ids, another world
    evil.post(
            "/chat/v1/rooms",
            "{\"id\":\"%s\",\"name\":\"Evil\",\"memberIds\":[\"ben\"]}".formatted(id))
        .is(201);
    try (Stream ours = acme.stream(rooms(id) + "/events?offset=now&live=sse");
        Stream me = acme.stream("/chat/v1/me/events?offset=now&live=sse")) {
      ours.upToDate();
      me.upToDate();
      evil.post(rooms(id) + "/messages", message("c1", "of evil")).is(201);
      evil.put(rooms(id) + "/members/carla").is(201);
      evil.post(rooms(id) + "/typing", "{}").is(204);
      evil.put(rooms(id) + "/cursors/me", "{\"offset\":1}").is(200);
      evil.delete("/chat/v1/users/anna").is(204);
      send(acme, id, "last");
      ours.awaitEvent("message.created", it -> it.toString().contains("last"));
      assertThat(ours.types()).containsExactly("message.created");
      assertThat(ours.ephemeral("typing")).isEmpty();
      assertThat(ours.ephemeral("cursor.moved")).isEmpty();
      assertThat(me.types()).isEmpty();
    }
    assertThat(acme.get(rooms(id) + "/messages").text())
        .contains("of acme")
        .doesNotContain("of evil");
    assertThat(acme.get("/chat/v1/users/anna").json().path("name").asString())
        .isEqualTo("Anna of acme");
    assertThat(ids(acme.get(rooms(id) + "/members").json(), "/userId"))
        .containsExactly("anna", "ben");
  }

  /// What they saw meanwhile they saw in a snapshot, of which no agent knows.
  @Test
  void unreadIsToldAlsoWhenItIsWhatWasToldBefore() {
    Client anna = chat.user("told", "anna");
    Client ben = chat.user("told", "ben");
    String room = room(anna, false, "ben");
    long first = send(anna, room, "one");
    try (Stream own = ben.stream("/chat/v1/me/events?offset=snapshot&live=sse").upToDate()) {
      ben.put(rooms(room) + "/cursors/me", "{\"offset\":" + first + "}").is(200);
      own.awaitEphemeral("unread", it -> it.path("unread").asLong() == 0);
    }
    long second = send(anna, room, "two");
    try (Stream own = ben.stream("/chat/v1/me/events?offset=snapshot&live=sse").upToDate()) {
      ben.put(rooms(room) + "/cursors/me", "{\"offset\":" + second + "}").is(200);
      own.awaitEphemeral("unread", it -> it.path("unread").asLong() == 0);
    }
  }

  /// Also while another stream of theirs stayed open, and though nothing in the rooms changes.
  @Test
  void unreadIsToldToStreamsThatComeBack() {
    Client anna = chat.user("back", "anna");
    Client ben = chat.user("back", "ben");
    String one = room(anna, false, "ben");
    String two = room(anna, false, "ben");
    String events = "/chat/v1/me/events";
    try (Stream stays = ben.stream(events + "?offset=now&live=sse").upToDate()) {
      String left = ben.get(events + "?offset=now").is(200).header("stream-next-offset");
      send(anna, one, "one");
      stays.awaitEphemeral("unread", it -> unread(it, one) == 1);
      try (Stream back = ben.stream(events + "?live=sse&offset=" + left)) {
        back.awaitEphemeral("unread", it -> unread(it, one) == 1);
        back.awaitEphemeral("unread", it -> unread(it, two) == 0);
      }
    }
  }

  /// What was sent was counted for others before.
  @Test
  void unreadIsToldToWhoJoins() {
    Client anna = chat.user("joins", "anna");
    Client ben = chat.user("joins", "ben");
    String old = room(anna, false, "ben");
    String room = room(anna, false);
    try (Stream own = ben.stream("/chat/v1/me/events?offset=snapshot&live=sse").upToDate()) {
      send(anna, room, "one");
      send(anna, old, "two");
      own.awaitEphemeral("unread", it -> unread(it, old) == 1);
      ben.put(rooms(room) + "/members/ben").is(201);
      own.awaitEphemeral("unread", it -> unread(it, room) == 1);
    }
  }

  private static long unread(JsonNode told, String room) {
    return told.path("roomId").asString().equals(room) ? told.path("unread").asLong() : -1;
  }
}
