package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.edit;
import static io.plimsoll.chat.Scene.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.chat.Client.Answer;
import io.plimsoll.subscriptions.TestBackends;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The whole API as a second tenant with equal ids, and as somebody for whom a room is not there.
class TenantsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static TestChat chat;

  @BeforeAll
  static void start() {
    chat = TestChat.start(2, TestBackends.redis(), "plimsoll.chat.erasure.check=100ms");
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  /// A request for something in a room.
  private record RoomRequest(String method, String path, @Nullable String body) {

    Answer send(Client client, String room) {
      return client.send(method, "/chat/v1/rooms/" + room + path, body);
    }
  }

  /// Every operation below `/rooms/{room}`.
  private static final List<RoomRequest> IN_A_ROOM =
      List.of(
          new RoomRequest("GET", "", null),
          new RoomRequest("PATCH", "", "{\"name\":\"S\"}"),
          new RoomRequest("DELETE", "", null),
          new RoomRequest("GET", "/members", null),
          new RoomRequest("PUT", "/members/anna", null),
          new RoomRequest("DELETE", "/members/anna", null),
          new RoomRequest("GET", "/messages", null),
          new RoomRequest("POST", "/messages", message("c1", "x")),
          new RoomRequest("GET", "/messages/3", null),
          new RoomRequest("PATCH", "/messages/3", edit("x")),
          new RoomRequest("DELETE", "/messages/3", null),
          new RoomRequest("PUT", "/cursors/me", "{\"offset\":0}"),
          new RoomRequest("POST", "/typing", "{}"),
          new RoomRequest("GET", "/presence", null),
          new RoomRequest("GET", "/events?offset=-1", null),
          new RoomRequest("GET", "/events?offset=snapshot", null),
          new RoomRequest("GET", "/events?offset=now&live=long-poll", null),
          new RoomRequest("HEAD", "/events", null));

  @Test
  void theRequestsOfTheseTestsAreAllThereAre() {
    Set<String> here = new TreeSet<>();
    IN_A_ROOM.forEach(
        each ->
            here.add(
                Client.DOCUMENT
                    .operation(each.method, "/chat/v1/rooms/r" + each.path)
                    .orElseThrow()));
    assertThat(here)
        .containsExactlyInAnyOrderElementsOf(
            Client.DOCUMENT.operations().stream().filter(each -> each.contains("{room}")).toList());
  }

  @Test
  void aPrivateRoomAnswersStrangersLikeOneThatIsNotThere() {
    Client anna = chat.user("strangers", "anna");
    String room = Scene.room(anna, true, "ben");
    Scene.send(anna, room, "secret");
    Client guest = chat.user("strangers", "guest");
    Client foreigner = chat.user(1, "elsewhere", "anna");
    Client foreignTenant = chat.tenant("elsewhere");
    String before = anna.get(Scene.rooms(room) + "/events?offset=snapshot").is(200).text();
    for (RoomRequest request : IN_A_ROOM) {
      assertSameAsAbsent(request, guest, room);
      assertSameAsAbsent(request, foreigner, room);
    }
    String open = Scene.room(anna, false, "ben");
    for (RoomRequest request : IN_A_ROOM) {
      assertSameAsAbsent(request, foreigner, open);
      assertSameAs(request, foreignTenant, open, "absent"); // 400 or 403 where a user is needed
    }
    // neither an event nor a row: the position is the same
    assertThat(anna.get(Scene.rooms(room) + "/events?offset=snapshot").is(200).text())
        .isEqualTo(before);
    assertThat(guest.get("/chat/v1/rooms?public=true").text()).doesNotContain(room).contains(open);
    assertThat(foreigner.get("/chat/v1/rooms?public=true").text()).doesNotContain(open);
  }

  private static void assertSameAsAbsent(RoomRequest request, Client client, String room) {
    assertThat(assertSameAs(request, client, room, "absent").status())
        .as(request.toString())
        .isEqualTo(404);
  }

  private static Answer assertSameAs(
      RoomRequest request, Client client, String room, String absent) {
    Answer there = request.send(client, room);
    Answer nowhere = request.send(client, absent);
    assertThat(there.status()).as(request.toString()).isEqualTo(nowhere.status());
    assertThat(there.text().replace(room, "?"))
        .as(request.toString())
        .isEqualTo(nowhere.text().replace(absent, "?"));
    return there;
  }

  /// What a tenant sees that does all there is to do.
  private static final class Transcript {

    private final List<String> lines = new ArrayList<>();
    private final Set<String> operations = new TreeSet<>();

    Answer add(String who, Client client, String method, String path, @Nullable String body) {
      Answer answer = client.send(method, path, body);
      lines.add(
          "%s %s %s %d %s %s"
              .formatted(
                  who,
                  method,
                  path,
                  answer.status(),
                  plain(answer.header("Stream-Next-Offset")),
                  plain(answer.text())));
      if (answer.status() < 300) {
        Client.DOCUMENT.operation(method, path).ifPresent(operations::add);
      }
      return answer;
    }

    /// Without times and tags, which differ from run to run.
    private static String plain(String text) {
      return text.replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "time")
          .replaceAll("_[0-9a-f]{12}", "_tag");
    }
  }

  private static Transcript run(String tenantId) {
    Transcript seen = new Transcript();
    Client anna = chat.user(0, tenantId, "anna");
    Client ben = chat.user(1, tenantId, "ben");
    Client tenant = chat.tenant(tenantId);
    String r = "/chat/v1/rooms/shared";
    seen.add("anna", anna, "GET", "/chat/v1/rooms", null);
    seen.add("anna", anna, "GET", "/chat/v1/users/ben", null);
    seen.add("anna", anna, "PUT", "/chat/v1/users/anna", "{\"name\":\"" + tenantId + "\"}");
    seen.lines.removeLast(); // says whose it is
    seen.add("anna", anna, "POST", "/chat/v1/rooms", "{\"id\":\"shared\",\"name\":\"R\"}");
    seen.add("anna", anna, "POST", "/chat/v1/rooms", "{\"id\":\"doomed\",\"name\":\"R\"}");
    seen.add(
        "tenant",
        tenant,
        "POST",
        "/chat/v1/rooms",
        "{\"id\":\"private\",\"name\":\"R\",\"private\":true,\"memberIds\":[\"carla\"]}");
    seen.add("ben", ben, "GET", r, null);
    seen.add("ben", ben, "GET", "/chat/v1/rooms?public=true", null);
    seen.add("tenant", tenant, "GET", "/chat/v1/rooms", null);
    seen.add("ben", ben, "PUT", r + "/members/ben", null);
    seen.add("anna", anna, "PUT", r + "/members/carla", null);
    seen.add("anna", anna, "POST", r + "/messages", message("c1", "one"));
    seen.add("ben", ben, "POST", r + "/messages", message("c1", "of ben"));
    seen.add("anna", anna, "POST", r + "/messages", message("c2", "two"));
    seen.add("anna", anna, "POST", r + "/messages", message("c1", "one"));
    seen.add("anna", anna, "POST", r + "/messages", message("c1", "other"));
    seen.add("anna", anna, "PATCH", r + "/messages/4", edit("edited"));
    seen.add("anna", anna, "DELETE", r + "/messages/6", null);
    seen.add("ben", ben, "GET", r + "/messages", null);
    seen.add("ben", ben, "GET", r + "/messages/4", null);
    seen.add("ben", ben, "GET", "/chat/v1/rooms", null);
    seen.add("ben", ben, "PUT", r + "/cursors/me", "{\"offset\":4}");
    seen.add("ben", ben, "POST", r + "/typing", "{}");
    seen.add("ben", ben, "GET", r + "/presence", null);
    seen.add("ben", ben, "GET", "/chat/v1/rooms", null);
    seen.add("anna", anna, "PATCH", r, "{\"name\":\"S\",\"custom\":{\"a\":1}}");
    seen.add("anna", anna, "DELETE", r + "/members/carla", null);
    seen.add("anna", anna, "GET", r + "/members", null);
    seen.add("anna", anna, "GET", r + "/events?offset=-1", null);
    seen.add("anna", anna, "GET", r + "/events?offset=snapshot", null);
    seen.add("anna", anna, "HEAD", r + "/events", null);
    seen.add("anna", anna, "GET", "/chat/v1/me/events?offset=-1", null);
    seen.add("ben", ben, "GET", "/chat/v1/me/events?offset=-1", null);
    seen.add("ben", ben, "GET", "/chat/v1/me/events?offset=snapshot", null);
    seen.add("ben", ben, "HEAD", "/chat/v1/me/events", null);
    seen.add("anna", anna, "GET", "/chat/v1/users/carla", null);
    seen.add("anna", anna, "DELETE", "/chat/v1/rooms/doomed", null);
    seen.add("anna", anna, "GET", "/chat/v1/rooms/doomed", null);
    seen.add("ben", ben, "DELETE", "/chat/v1/users/ben", null);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> {
              String log = anna.get(r + "/events?offset=-1").text();
              return log.contains("member.removed") && !log.contains("of ben");
            });
    seen.add("anna", anna, "GET", r + "/events?offset=-1", null);
    seen.add("anna", anna, "GET", r + "/messages", null);
    seen.add("anna", anna, "GET", r + "/members", null);
    seen.add("tenant", tenant, "GET", "/chat/v1/rooms", null);
    return seen;
  }

  /// All that a tenant can read, positions included.
  private static List<String> everything(String tenantId) {
    Client anna = chat.user(0, tenantId, "anna");
    Client carla = chat.user(1, tenantId, "carla");
    List<String> read = new ArrayList<>();
    for (String path :
        new String[] {
          "/chat/v1/rooms",
          "/chat/v1/users/anna",
          "/chat/v1/users/carla",
          "/chat/v1/rooms/shared",
          "/chat/v1/rooms/shared/members",
          "/chat/v1/rooms/shared/messages",
          "/chat/v1/rooms/shared/events?offset=-1",
          "/chat/v1/rooms/shared/events?offset=snapshot",
          "/chat/v1/me/events?offset=-1",
          "/chat/v1/me/events?offset=snapshot"
        }) {
      read.add(path + " " + anna.get(path).is(200).text());
    }
    read.add(carla.get("/chat/v1/rooms/private/events?offset=snapshot").is(200).text());
    read.add(carla.get("/chat/v1/me/events?offset=-1").is(200).text());
    read.add(chat.tenant(tenantId).get("/chat/v1/rooms").is(200).text());
    return read;
  }

  @Test
  void aSecondTenantWithEqualIdsSeesWhatItWouldSeeAlone() {
    Transcript first = run("first");
    Set<String> all = Client.DOCUMENT.operations();
    all.remove("GET /chat/openapi.json");
    assertThat(first.operations).isEqualTo(all);
    List<String> before = everything("first");
    try (Stream room =
            chat.user(0, "first", "anna").stream(
                "/chat/v1/rooms/shared/events?offset=now&live=sse");
        Stream hers =
            chat.user(1, "first", "anna").stream("/chat/v1/me/events?offset=now&live=sse")) {
      room.upToDate();
      hers.upToDate();

      assertThat(run("second").lines).isEqualTo(first.lines);

      assertThat(everything("first")).isEqualTo(before);
      // whatever went astray would have come before this
      Scene.send(chat.user("first", "anna"), "shared", "last");
      room.awaitEvent("message.created");
      chat.tenant("first").put("/chat/v1/rooms/private/members/anna").is(201);
      hers.awaitEvent("member.added");
      assertThat(room.types()).containsExactly("message.created");
      assertThat(hers.types()).containsExactly("member.added");
      assertThat(room.ephemeral("typing")).isEmpty();
      assertThat(room.ephemeral("cursor.moved")).isEmpty();
    }
  }
}
