package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.message;
import static io.plimsoll.chat.Scene.room;
import static io.plimsoll.chat.Scene.rooms;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.chat.Client.Answer;
import io.plimsoll.subscriptions.TestBackends;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/// A documented problem each, and nothing stored.
class BadInputIT {

  private static TestChat chat;
  private static JdbcClient database;
  private static Client anna;
  private static Client tenant;

  /// A room with one message, at offset 3.
  private static String room;

  private String before = "";

  @BeforeAll
  static void start() {
    chat = TestChat.start(1, TestBackends.redis());
    database = JdbcClient.create(chat.database().dataSource());
    anna = chat.user("bad", "anna");
    tenant = chat.tenant("bad");
    room = room(anna, false, "ben");
    assertThat(Scene.send(anna, room, "a message")).isEqualTo(3);
    // makes the topic that tells of deleted users, once per tenant
    anna.stream(rooms(room) + "/events?offset=now&live=sse").upToDate().close();
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  @BeforeEach
  void remember() {
    before = stored();
  }

  @AfterEach
  void nothingIsStored() {
    assertThat(stored()).isEqualTo(before);
  }

  private static String stored() {
    return String.join(
        "\n",
        database
            .sql(
                """
                select to_jsonb(t)::text from room t union all
                select to_jsonb(t)::text from member t union all
                select to_jsonb(t)::text from message t union all
                select to_jsonb(t)::text from read_cursor t union all
                select to_jsonb(t)::text from chat_user t union all
                select to_jsonb(t)::text from user_erasure t union all
                select to_jsonb(t)::text from ps_topic t union all
                select to_jsonb(t)::text from ps_event t
                order by 1
                """)
            .query(String.class)
            .list());
  }

  /// A request with a body.
  private record Write(String method, String path, boolean bodyIsOptional) {}

  private static List<Write> writes() {
    return List.of(
        new Write("PUT", "/chat/v1/users/anna", false),
        new Write("POST", "/chat/v1/rooms", false),
        new Write("PATCH", rooms(room), false),
        new Write("POST", rooms(room) + "/messages", false),
        new Write("PATCH", rooms(room) + "/messages/3", false),
        new Write("PUT", rooms(room) + "/cursors/me", false),
        new Write("POST", rooms(room) + "/typing", true));
  }

  private static Answer send(Write write, String contentType, HttpRequest.BodyPublisher body) {
    return anna.send(
        anna.request(write.path)
            .setHeader("Content-Type", contentType)
            .method(write.method, body)
            .build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {                      | malformed-body
          {"name":"R"            | malformed-body
          {"name":'R'}           | malformed-body
          {"name":R}             | malformed-body
          {}{}                   | invalid-body
          []                     | invalid-body
          [{}]                   | invalid-body
          1                      | invalid-body
          true                   | invalid-body
          "x"                    | invalid-body
          {"surprise":1}         | invalid-body
          {"__proto__":{}}       | invalid-body
          {"a'; drop table room; --":1} | invalid-body
          {"tenant":"other"}     | invalid-body
          """)
  void noBodyOfAnyRequestMayLookLikeThis(String body, String cause) {
    for (Write write : writes()) {
      Answer answer = send(write, "application/json", BodyPublishers.ofString(body));
      assertThat(answer.json().path("type").asString())
          .as(write + " " + answer.text())
          .isEqualTo("urn:plimsoll:problem:" + cause);
      answer.problem(400, cause);
    }
  }

  @Test
  void aBodyIsNeeded() {
    for (Write write : writes()) {
      if (!write.bodyIsOptional) {
        send(write, "application/json", BodyPublishers.noBody()).problem(400, "malformed-body");
        send(write, "application/json", BodyPublishers.ofString("null"))
            .problem(400, "malformed-body");
      }
    }
  }

  @Test
  void bodiesAreJsonInUtf8() {
    for (Write write : writes()) {
      byte[] latin1 = "{\"é\":1}".getBytes(StandardCharsets.ISO_8859_1);
      send(write, "application/json", BodyPublishers.ofByteArray(latin1))
          .problem(400, "malformed-body");
      send(write, "text/plain", BodyPublishers.ofString("{}"))
          .problem(415, "unsupported-media-type");
      send(write, "application/x-www-form-urlencoded", BodyPublishers.ofString("name=R"))
          .problem(415, "unsupported-media-type");
    }
  }

  @Test
  void bodiesAreBounded() {
    String large = "{\"name\":\"" + "x".repeat(256 * 1024) + "\"}";
    for (Write write : writes()) {
      send(write, "application/json", BodyPublishers.ofString(large))
          .problem(413, "body-too-large");
      // of a length that is not said before
      send(
              write,
              "application/json",
              BodyPublishers.ofInputStream(
                  () -> new ByteArrayInputStream(large.getBytes(StandardCharsets.UTF_8))))
          .problem(413, "body-too-large");
      send(write, "application/json", BodyPublishers.ofString("{\"custom\":" + "[".repeat(100_000)))
          .is(400); // malformed or, where there is no such member, invalid
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"name":1}                                 | invalid-body
          {"name":null}                              | invalid-body
          {"name":["R"]}                             | invalid-body
          {"name":""}                                | invalid-body
          {"name":"   "}                             | invalid-body
          {"name":"a\\u0000b"}                       | invalid-body
          {"name":"a\\ud800b"}                       | invalid-body
          {"private":true}                           | invalid-body
          {"name":"R","name":"S"}                    | malformed-body
          {"name":"R","private":"true"}              | invalid-body
          {"name":"R","private":1}                   | invalid-body
          {"name":"R","createdBy":"ben"}             | invalid-body
          {"name":"R","id":""}                       | bad-id
          {"name":"R","id":7}                        | invalid-body
          {"name":"R","id":"a b"}                    | bad-id
          {"name":"R","id":".."}                     | bad-id
          {"name":"R","id":"a/b"}                    | bad-id
          {"name":"R","id":"é"}                      | bad-id
          {"name":"R","id":"x\\u000d\\u000aSet-Cookie: a=b"} | bad-id
          {"name":"R","id":"x\\u0000"}               | invalid-body
          {"name":"R","memberIds":["'; drop table room; --"]} | bad-id
          {"name":"R","memberIds":[null]}            | bad-id
          {"name":"R","memberIds":[1]}               | invalid-body
          {"name":"R","memberIds":"anna"}            | invalid-body
          {"name":"R","memberIds":{"0":"anna"}}      | invalid-body
          {"name":"R","custom":[]}                   | invalid-body
          {"name":"R","custom":"x"}                  | invalid-body
          {"name":"R","custom":{"a":"\\ud800"}}      | invalid-body
          {"name":"R","custom":{"a":"\\u0000"}}      | invalid-body
          {"name":"R","custom":{"\\u0000":1}}        | invalid-body
          {"name":"R","custom":{"a":1,"a":2}}        | malformed-body
          {"name":"R","custom":{"a":NaN}}            | malformed-body
          """)
  void refusesBadRooms(String body, String cause) {
    anna.post("/chat/v1/rooms", body).problem(400, cause);
  }

  @Test
  void refusesRoomsThatAreTooMuch() {
    List<String> many = java.util.stream.IntStream.range(0, 101).mapToObj(i -> "u" + i).toList();
    for (String body :
        new String[] {
          "{\"name\":\"R\",\"memberIds\":" + Client.JSON.writeValueAsString(many) + "}",
          "{\"name\":\"R\",\"custom\":{\"a\":\"" + "x".repeat(4096) + "\"}}",
          "{\"name\":\"R\",\"custom\":" + "{\"a\":".repeat(600) + "1" + "}".repeat(601),
          "{\"name\":\"R\",\"custom\":{\"a\":1" + "0".repeat(2000) + "}}",
          "{\"name\":\"R\",\"custom\":{\"a\":1e999999999}}",
          "{\"name\":\"" + "x".repeat(201) + "\"}"
        }) {
      Answer answer = anna.post("/chat/v1/rooms", body).is(400);
      assertThat(answer.json().path("type").asString())
          .isIn("urn:plimsoll:problem:invalid-body", "urn:plimsoll:problem:malformed-body");
    }
    anna.post("/chat/v1/rooms", "{\"name\":\"R\",\"id\":\"" + "x".repeat(129) + "\"}")
        .problem(400, "bad-id");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"parts":[{"type":"text/plain","content":"x"}]}                            | invalid-body
          {"clientId":"","parts":[{"type":"text/plain","content":"x"}]}              | invalid-body
          {"clientId":7,"parts":[{"type":"text/plain","content":"x"}]}               | invalid-body
          {"clientId":null,"parts":[{"type":"text/plain","content":"x"}]}            | invalid-body
          {"clientId":"a\\u0000","parts":[{"type":"text/plain","content":"x"}]}      | invalid-body
          {"clientId":"c"}                                                           | invalid-body
          {"clientId":"c","parts":[]}                                                | invalid-body
          {"clientId":"c","parts":{}}                                                | invalid-body
          {"clientId":"c","parts":"x"}                                               | invalid-body
          {"clientId":"c","parts":[null]}                                            | invalid-body
          {"clientId":"c","parts":["x"]}                                             | invalid-body
          {"clientId":"c","parts":[{"content":"x"}]}                                 | invalid-body
          {"clientId":"c","parts":[{"type":"text","content":"x"}]}                   | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain\\u000d\\u000aX: y","content":"x"}]} | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain"}]}                           | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":""}]}              | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":7}]}               | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":{}}]}              | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":"x","more":1}]}    | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":"x"}],"offset":9}  | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":"\\udc00"}]}       | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":"a\\u0000"}]}      | invalid-body
          {"clientId":"c","senderId":"ben","parts":[{"type":"text/plain","content":"x"}]} | invalid-body
          """)
  void refusesBadMessages(String body, String cause) {
    anna.post(rooms(room) + "/messages", body).problem(400, cause);
  }

  @Test
  void refusesMessagesThatAreTooMuch() {
    String path = rooms(room) + "/messages";
    String part = "{\"type\":\"text/plain\",\"content\":\"%s\"}";
    anna.post(path, message("c", "é".repeat(32 * 1024) + "x")).problem(413, "message-too-large");
    anna.post(path, message("c", "\\u0001".repeat(40 * 1024))).problem(413, "message-too-large");
    String three =
        String.join(",", java.util.Collections.nCopies(3, part.formatted("x".repeat(65_536))));
    anna.post(path, "{\"clientId\":\"c\",\"parts\":[" + three + "]}")
        .problem(413, "message-too-large");
    String eleven = String.join(",", java.util.Collections.nCopies(11, part.formatted("x")));
    anna.post(path, "{\"clientId\":\"c\",\"parts\":[" + eleven + "]}").problem(400, "invalid-body");
    anna.post(path, message("c".repeat(129), "x")).problem(400, "invalid-body");
    anna.patch(path + "/3", "{\"parts\":[" + three + "]}").problem(413, "message-too-large");
    anna.patch(path + "/3", "{\"parts\":[]}").problem(400, "invalid-body");
    anna.patch(path + "/3", "{}").problem(400, "invalid-body");
    anna.patch(path + "/3", message("c", "x")).problem(400, "invalid-body");
  }

  @Test
  void refusesTextThatIsNotUtf8() {
    for (String text : new String[] {"{\"name\":\"é\"}", "{\"name\":\"R\",\"custom\":{\"é\":1}}"}) {
      byte[] latin1 = text.getBytes(StandardCharsets.ISO_8859_1);
      send(
              new Write("POST", "/chat/v1/rooms", false),
              "application/json",
              BodyPublishers.ofByteArray(latin1))
          .problem(400, "malformed-body");
    }
    byte[] said = message("c", "é").getBytes(StandardCharsets.ISO_8859_1);
    send(
            new Write("POST", rooms(room) + "/messages", false),
            "application/json",
            BodyPublishers.ofByteArray(said))
        .problem(400, "malformed-body");
    for (String overlong : new String[] {"c0af", "e080af", "c1a5", "eda080", "f4908080"}) {
      HexFormat hex = HexFormat.of();
      byte[] body = message("c", "a?").getBytes(StandardCharsets.US_ASCII);
      send(
              new Write("POST", rooms(room) + "/messages", false),
              "application/json",
              BodyPublishers.ofByteArray(hex.parseHex(hex.formatHex(body).replace("3f", overlong))))
          .problem(400, "malformed-body");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"offset\":null}",
        "{\"offset\":\"3\"}",
        "{\"offset\":3.5}",
        "{\"offset\":3.0}",
        "{\"offset\":-1}",
        "{\"offset\":99999999999999999999}",
        "{\"offset\":[3]}",
        "{\"offset\":true}"
      })
  void refusesBadCursors(String body) {
    anna.put(rooms(room) + "/cursors/me", body).problem(400, "invalid-body");
  }

  @Test
  void refusesCursorsInTheFuture() {
    anna.put(rooms(room) + "/cursors/me", "{\"offset\":4}").problem(400, "future-offset");
    anna.put(rooms(room) + "/cursors/me", "{\"offset\":9223372036854775807}")
        .problem(400, "future-offset");
  }

  @Test
  void refusesBadProfiles() {
    for (String body :
        new String[] {
          "{\"name\":\"\"}",
          "{\"name\":7}",
          "{\"name\":\"" + "x".repeat(201) + "\"}",
          "{\"custom\":[]}",
          "{\"custom\":{\"a\":\"" + "x".repeat(4096) + "\"}}",
          "{\"id\":\"anna\"}"
        }) {
      anna.put("/chat/v1/users/anna", body).problem(400, "invalid-body");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"{\"role\":\"admin\"} | invalid-body", "[] | invalid-body", "x | malformed-body"})
  void aMembershipSaysNothing(String body, String cause) {
    anna.put(rooms(room) + "/members/nobody", body).problem(400, cause);
    anna.put(rooms(room) + "/members/anna", "{}").is(200);
    assertThat(anna.get(rooms(room) + "/members").text()).doesNotContain("nobody");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a%20b",
        "a%27b",
        "%C3%A9",
        "%ff",
        "a%3Db",
        "a+b",
        "a%22b",
        "'%20or%20'1'='1",
        "a*b"
      })
  void refusesIdsThatAreNone(String id) {
    anna.get("/chat/v1/rooms/" + id).problem(400, "bad-id");
    anna.get("/chat/v1/users/" + id).problem(400, "bad-id");
    anna.get(rooms(room) + "/members?after=" + id).problem(400, "bad-id");
    anna.get("/chat/v1/rooms?after=" + id).problem(400, "bad-id");
    anna.put(rooms(room) + "/members/" + id).problem(400, "bad-id");
    anna.delete(rooms(room) + "/members/" + id).problem(400, "bad-id");
    tenant.put("/chat/v1/users/" + id, "{}").problem(400, "bad-id");
    tenant.delete("/chat/v1/users/" + id).problem(400, "bad-id");
    anna.get("/chat/v1/rooms/" + id + "/events?offset=-1").problem(400, "bad-id");
    anna.post("/chat/v1/rooms/" + id + "/messages", message("c", "x")).problem(400, "bad-id");
    anna.put("/chat/v1/rooms/" + id + "/cursors/me", "{\"offset\":0}").problem(400, "bad-id");
    anna.post("/chat/v1/rooms/" + id + "/typing", "{}").problem(400, "bad-id");
  }

  @Test
  void refusesLongIds() {
    anna.get("/chat/v1/rooms/" + "x".repeat(128)).problem(404, "unknown-room");
    anna.get("/chat/v1/rooms/" + "x".repeat(129)).problem(400, "bad-id");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a%0d%0aX-Y:1", "x%00", "a%2Fb", "a%5Cb", "a;b=c", "a%25b"})
  void refusesUrlsThatHideSomething(String id) {
    anna.get("/chat/v1/rooms/" + id).problem(400, "bad-request");
    anna.get("/chat/v1/rooms/" + id + "/events?offset=-1").problem(400, "bad-request");
    anna.put("/chat/v1/users/" + id, "{}").problem(400, "bad-request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=x",
        "limit=1.5",
        "limit=99999999999",
        "before=x",
        "before=1;drop",
        "after=99999999999999999999",
        "limit=0x10",
        "limit=%230x10",
        "limit=010",
        "limit=%205",
        "limit=5%20",
        "limit=%2B5",
        "limit=%D9%A5",
        "limit=%EF%BC%95",
        "limit=",
        "limit=1&limit=2",
        "limit=1,2",
        "before=0x10",
        "before=%23f",
        "before=",
        "before=-1",
        "before=1&before=1",
        "after=",
        "after=01",
        "before=3&after=1"
      })
  void refusesBadParameters(String query) {
    anna.get(rooms(room) + "/messages?" + query).problem(400, "invalid-parameter");
  }

  @Test
  void refusesOffsetsThatAreNone() {
    anna.get(rooms(room) + "/messages/x").problem(400, "invalid-parameter");
    anna.get(rooms(room) + "/messages/1.5").problem(400, "invalid-parameter");
    for (String none :
        new String[] {"-1", "%2B2", "0x1", "03", "%203", "%EF%BC%93", "3L", "%233"}) {
      String path = rooms(room) + "/messages/" + none;
      anna.get(path).problem(400, "invalid-parameter");
      anna.delete(path).problem(400, "invalid-parameter");
      anna.patch(path, Scene.edit("x")).problem(400, "invalid-parameter");
    }
    for (String absent : new String[] {"0", "1", "4", "9007199254740992", "9223372036854775807"}) {
      String path = rooms(room) + "/messages/" + absent;
      anna.get(path).problem(404, "unknown-message");
      anna.delete(path).problem(404, "unknown-message");
      anna.patch(path, Scene.edit("x")).problem(404, "unknown-message");
    }
    for (String truth :
        new String[] {"1", "on", "yes", "TRUE", "True", "", "%20true", "true&public=true"}) {
      anna.get("/chat/v1/rooms?public=" + truth).problem(400, "invalid-parameter");
    }
    anna.get("/chat/v1/rooms?public=true").is(200);
    anna.get("/chat/v1/rooms?public=false&limit=1").is(200);
    anna.get(rooms(room) + "/members?limit=010").problem(400, "invalid-parameter");
    assertThat(anna.get("/chat/v1/rooms?public=maybe").problem(400, "invalid-parameter").text())
        .contains("public is ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "offset=nonsense",
        "offset=",
        "offset=-2",
        "offset=3",
        "offset=0000000000000003",
        "offset=0000000000000003_",
        "offset=0000000000000003_zzzzzzzzzzzz",
        "offset=0000000000000003_ABCDEFABCDEF",
        "offset=00000000000000003_3f9c01ab22de",
        "offset=-000000000000003_3f9c01ab22de",
        "offset=0000000000000003_3f9c01ab22de%20",
        "offset=0000000000000003_3f9c01ab22de'",
        "offset='%20or%201=1--",
        "offset=-1&offset=now",
        "live=sse",
        "live=long-poll",
        "live=long-poll&offset=snapshot",
        "live=sse&offset=nonsense"
      })
  void refusesMalformedPositions(String query) {
    anna.get(rooms(room) + "/events?" + query).problem(400, "bad-position");
    anna.get("/chat/v1/me/events?" + query).problem(400, "bad-position");
  }

  @Test
  void refusesModesThatAreNone() {
    for (String mode : new String[] {"live=", "live=SSE", "live=websocket", "live=sse&live=sse"}) {
      anna.get(rooms(room) + "/events?offset=-1&" + mode).problem(400, "bad-live-mode");
    }
    HttpRequest request =
        anna.request(rooms(room) + "/events?offset=-1&live=sse")
            .header("Last-Event-ID", "'; drop table ps_event; --")
            .build();
    anna.send(request).problem(400, "bad-position");
  }

  @Test
  void positionsThatAreNotOfTheTopicAreLost() {
    String head = anna.send("HEAD", rooms(room) + "/events", null).header("Stream-Next-Offset");
    String foreign =
        anna.send("HEAD", "/chat/v1/me/events", null).is(200).header("Stream-Next-Offset");
    String future = "0000000000000009" + head.substring(16);
    String tampered =
        head.substring(0, 17) + (head.endsWith("000000000000") ? "1" : "0").repeat(12);
    String last = "0000999999999999_ffffffffffff";
    for (String lost : new String[] {foreign, future, tampered, last}) {
      for (String live : new String[] {"", "&live=sse", "&live=long-poll"}) {
        Answer answer =
            anna.get(rooms(room) + "/events?offset=" + lost + live).problem(410, "position-lost");
        assertThat(answer.json().path("snapshot").asString())
            .isEqualTo(rooms(room) + "/events?offset=snapshot");
      }
      // an EventSource gives up on 410: it is reset
      try (Stream stream =
          anna.stream(rooms(room) + "/events?live=sse&offset=" + lost).upToDate()) {
        assertThat(stream.status()).isEqualTo(200);
        assertThat(stream.frames("reset")).hasSize(1);
        assertThat(stream.frames("snapshot")).hasSize(1);
        assertThat(stream.frames("snapshot").getFirst().data().path("position").asString())
            .isEqualTo(head);
      }
    }
  }

  @Test
  void refusesWhatIsNotThere() {
    anna.get("/chat/v1/nothing").problem(404, "not-found");
    anna.get("/chat/v2/rooms").problem(404, "not-found");
    assertThat(
            anna.delete("/chat/v1/rooms")
                .problem(405, "method-not-allowed")
                .header("Allow")
                .split(","))
        .containsExactlyInAnyOrder("GET", "HEAD", "POST");
    anna.put(rooms(room), "{}").problem(405, "method-not-allowed");
    anna.post("/chat/v1/users/anna", "{}").problem(405, "method-not-allowed");
    anna.get("/actuator/health").problem(404, "not-found");
    anna.get("/actuator/prometheus").problem(404, "not-found");
    anna.send(anna.request(rooms(room)).header("Accept", "application/xml").build())
        .problem(406, "not-acceptable");
  }

  /// Whoever was only refused is no user, nor is who was deleted again one.
  @Test
  void aRequestThatIsRefusedNamesNobody() {
    Client fresh = chat.user("bad", "fresh");
    String none = "/chat/v1/rooms/nope";
    String said = message("c", "x");
    String lost = "0000000000000002_000000000000";
    fresh.get(none).problem(404, "unknown-room");
    fresh.post(none + "/messages", said).problem(404, "unknown-room");
    fresh.post(rooms(room) + "/messages", said).problem(403, "not-a-member");
    fresh.get(rooms(room) + "/messages/1").problem(404, "unknown-message");
    fresh.delete(rooms(room) + "/messages/1").problem(404, "unknown-message");
    fresh.patch(rooms(room) + "/messages/3", Scene.edit("x")).problem(403, "not-allowed");
    fresh.get(rooms(room) + "/messages?limit=0").problem(400, "invalid-parameter");
    fresh.put(none + "/cursors/me", "{\"offset\":0}").problem(404, "unknown-room");
    fresh.put(rooms(room) + "/cursors/me", "{\"offset\":0}").problem(403, "not-a-member");
    fresh.post(none + "/typing", "{}").problem(404, "unknown-room");
    fresh.post(rooms(room) + "/typing", "{}").problem(403, "not-a-member");
    fresh.get(none + "/presence").problem(404, "unknown-room");
    fresh.get(none + "/members").problem(404, "unknown-room");
    fresh.put(none + "/members/fresh").problem(404, "unknown-room");
    fresh.put(rooms(room) + "/members/ben2").problem(403, "not-allowed");
    fresh.post("/chat/v1/rooms", "{\"name\":\"\"}").problem(400, "invalid-body");
    fresh
        .post("/chat/v1/rooms", "{\"name\":\"R\",\"id\":\"%s\"}".formatted(room))
        .problem(409, "room-exists");
    fresh.get("/chat/v1/rooms?limit=0").problem(400, "invalid-parameter");
    fresh.get("/chat/v1/users/nobody").problem(404, "unknown-user");
    fresh.put("/chat/v1/users/anna", "{}").problem(403, "not-allowed");
    fresh.delete("/chat/v1/users/fresh").problem(404, "unknown-user");
    fresh.get(none + "/events?offset=-1").problem(404, "unknown-room");
    for (String own : new String[] {"/chat/v1/me/events", rooms(room) + "/events"}) {
      fresh.get(own + "?offset=garbage").problem(400, "bad-position");
      fresh.get(own + "?offset=" + lost).problem(410, "position-lost");
      fresh.get(own + "?live=sse&offset=" + lost).problem(410, "position-lost");
      fresh.get(own + "?live=long-poll&offset=" + lost).problem(410, "position-lost");
      fresh.get(own + "?live=never").problem(400, "bad-live-mode");
    }
    anna.get("/chat/v1/users/fresh").problem(404, "unknown-user");
  }

  @Test
  void typesOfPartsAreMediaTypes() {
    String path = rooms(room) + "/messages";
    String body = "{\"clientId\":\"c\",\"parts\":[{\"type\":\"%s\",\"content\":\"x\"}]}";
    for (String none :
        new String[] {
          "x".repeat(64) + "/y",
          "x/" + "y".repeat(64),
          "text/plain; charset=utf-8",
          "/plain",
          "text/",
          "a/b/c",
          "text/*",
          " text/plain",
          "text/pl\u00e4in"
        }) {
      anna.post(path, body.formatted(none)).problem(400, "invalid-body");
    }
    Client sender = chat.user("types", "anna");
    String own = room(sender, false);
    for (String type :
        new String[] {"x".repeat(63) + "/" + "y".repeat(63), "application/vnd.a.b+json", "1/2"}) {
      sender
          .post(
              rooms(own) + "/messages",
              body.replace("\"c\"", "\"" + type.hashCode() + "\"").formatted(type))
          .is(201);
    }
    before = stored();
  }

  /// What the wire knows of `Accept`, `If-None-Match` and `Last-Event-ID`.
  @Test
  void refusesWhatNoStreamIs() {
    String events = rooms(room) + "/events?offset=-1";
    for (String path : new String[] {events, events + "&live=long-poll", "/chat/v1/me/events"}) {
      for (String accept :
          new String[] {"application/xml", "text/html", "*/*, application/json;q=0", "x"}) {
        anna.send(anna.request(path).header("Accept", accept).build())
            .problem(406, "not-acceptable");
      }
      for (String accept : new String[] {"*/*", "application/*", "text/html, */*;q=0.1"}) {
        anna.send(anna.request(path).header("Accept", accept).build()).is(200);
      }
    }
    for (String accept : new String[] {"application/json", "application/xml", "text/html"}) {
      anna.send(anna.request(events + "&live=sse").header("Accept", accept).build())
          .problem(406, "not-acceptable");
    }
    String last =
        anna.send(
                anna.request(rooms(room) + "/events?live=sse")
                    .header("Last-Event-ID", "-1")
                    .build())
            .problem(400, "bad-position")
            .text();
    assertThat(last).contains("Last-Event-ID (expected: a position that was given out)");
    for (String path : new String[] {events, "/chat/v1/me/events"}) {
      anna.send(anna.request(path).header("If-None-Match", "*").build()).is(304);
    }
  }

  @Test
  void headersSayNothingAboutWhoCalls() {
    Client other = chat.user("other", "nobody");
    other.get("/chat/v1/users/nobody").is(200); // is named by that
    before = stored();
    for (String header :
        new String[] {"X-Plimsoll-Tenant", "X-Tenant", "X-User", "X-Forwarded-User", "Tenant"}) {
      other
          .send(other.request(rooms(room)).header(header, "bad").build())
          .problem(404, "unknown-room");
    }
    other.get(rooms(room) + "?tenant=bad").problem(404, "unknown-room");
  }

  @Test
  void nobodyIsCalledWhatNoUrlCanHold() {
    for (String user : new String[] {".", ".."}) {
      Client dots = chat.user("acme", user);
      dots.get("/chat/v1/rooms").problem(400, "bad-id");
      dots.post("/chat/v1/rooms", "{\"name\":\"x\",\"private\":false}").problem(400, "bad-id");
      dots.get("/chat/v1/me/events?offset=-1").problem(400, "bad-id");
    }
  }

  @Test
  void onlyStreamsAreEventStreams() throws Exception {
    Client anna = chat.user("acme", "anna");
    for (String path : new String[] {"/chat/v1/rooms", "/chat/v1/users/anna"}) {
      anna.send(anna.request(path).setHeader("Accept", "text/event-stream").GET().build())
          .problem(406, "not-acceptable");
    }
  }
}
