package io.plimsoll.acceptance.smoke;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.acceptance.platform.Api;
import io.plimsoll.acceptance.platform.Api.Answer;
import io.plimsoll.acceptance.platform.LocalPlatform;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is malformed, foreign or too much gets a documented problem through the gateway, and
/// nothing of it is stored.
@TestInstance(Lifecycle.PER_CLASS)
class BadInputIT {

  private static final String PARTS = "[{\"type\":\"text/plain\",\"content\":\"x\"}]";

  private final LocalPlatform platform = LocalPlatform.shared();
  private final Api api = Api.of(platform);
  private final String room = "bad-" + UUID.randomUUID();
  private final String path = "/chat/v1/rooms/" + room;
  private String ann = "";
  private String head = "";

  @BeforeAll
  void makeRoom() {
    ann = api.token("ann");
    api.post(ann, "/chat/v1/rooms", Map.of("id", room, "name", "Bad")).expect(201);
    head = head();
  }

  @AfterAll
  void close() {
    api.close();
  }

  private String head() {
    return api.get(ann, path + "/events?offset=now")
        .expect(200)
        .header("Stream-Next-Offset")
        .orElseThrow();
  }

  @AfterEach
  void nothingWasStored() {
    assertThat(head()).isEqualTo(head);
    assertThat(api.get(ann, path + "/messages").expect(200).json().path("items").size()).isZero();
  }

  private static void problem(Answer answer, int status, String cause) {
    answer.expect(status);
    assertThat(answer.header("Content-Type").orElse("")).startsWith("application/problem+json");
    assertThat(answer.problem()).isEqualTo("urn:plimsoll:problem:" + cause);
    assertThat(answer.json().path("status").asInt()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"clientId":"c","parts":                                    | 400 | malformed-body
          nonsense                                                    | 400 | malformed-body
          []                                                          | 400 | invalid-body
          "text"                                                      | 400 | invalid-body
          {"parts":[{"type":"text/plain","content":"x"}]}             | 400 | invalid-body
          {"clientId":"c"}                                            | 400 | invalid-body
          {"clientId":7,"parts":[]}                                   | 400 | invalid-body
          {"clientId":"c","parts":"x"}                                | 400 | invalid-body
          {"clientId":"c","parts":[{"type":1,"content":"x"}]}         | 400 | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":"x"}],"more":1}           | 400 | invalid-body
          {"clientId":"c","senderId":"bob","parts":[{"type":"text/plain","content":"x"}]}   | 400 | invalid-body
          {"clientId":"c","parts":[{"type":"text/plain","content":"\\ud800"}]}              | 400 | invalid-body
          """)
  void refusesBodies(String body, int status, String cause) {
    problem(api.post(ann, path + "/messages", body), status, cause);
  }

  @Test
  void refusesBodiesThatAreTooLarge() {
    String part = "x".repeat(64 * 1024 + 1);
    String message =
        "{\"clientId\":\"c\",\"parts\":[{\"type\":\"text/plain\",\"content\":\"%s\"}]}";
    problem(api.post(ann, path + "/messages", message.formatted(part)), 413, "message-too-large");
    problem(
        api.post(ann, path + "/messages", message.formatted("x".repeat(300 * 1024))),
        413,
        "body-too-large");
    problem(
        api.post(ann, path + "/messages", message.formatted("x".repeat(1100 * 1024))),
        413,
        "body-too-large");
    String id = "{\"clientId\":\"" + "c".repeat(129) + "\",\"parts\":" + PARTS + "}";
    problem(api.post(ann, path + "/messages", id), 400, "invalid-body");
  }

  @Test
  void refusesInvalidUtf8() {
    byte[] latin1 =
        ("{\"clientId\":\"c\",\"parts\":" + PARTS.replace("\"x\"", "\"é\"") + "}")
            .getBytes(StandardCharsets.ISO_8859_1);
    problem(api.post(ann, path + "/messages", latin1), 400, "malformed-body");
  }

  @Test
  void refusesOtherMediaTypesAndMethods() {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(platform.url().resolve(path + "/messages"))
            .timeout(Duration.ofSeconds(20))
            .header("Authorization", "Bearer " + ann);
    problem(
        api.send(
            request
                .copy()
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("clientId=c"))
                .build()),
        415,
        "unsupported-media-type");
    problem(
        api.send(request.copy().method("PUT", BodyPublishers.noBody()).build()),
        405,
        "method-not-allowed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          offset=nonsense                            | 400 | bad-position
          offset=1                                   | 400 | bad-position
          offset=0000000000000001_zzzzzzzzzzzz       | 400 | bad-position
          offset='%27%20or%201=1--'                  | 400 | bad-position
          offset=-2                                  | 400 | bad-position
          live=sse                                   | 400 | bad-position
          offset=-1&live=sometimes                   | 400 | bad-live-mode
          offset=0000000000000001_000000000000       | 410 | position-lost
          offset=0000000000000099_0123456789ab       | 410 | position-lost
          """)
  void refusesPositions(String query, int status, String cause) {
    problem(api.get(ann, path + "/events?" + query), status, cause);
  }

  @Test
  void anotherRoomsPositionIsLost() {
    String other = "/chat/v1/rooms/other-" + room;
    api.post(ann, "/chat/v1/rooms", Map.of("id", "other-" + room, "name", "Other")).expect(201);
    Answer page = api.get(ann, other + "/events?offset=-1").expect(200);
    String foreign = page.header("Stream-Next-Offset").orElseThrow();

    Answer lost = api.get(ann, path + "/events?offset=" + foreign);

    problem(lost, 410, "position-lost");
    assertThat(lost.json().path("snapshot").asString(""))
        .isEqualTo(path + "/events?offset=snapshot");
    api.delete(ann, other).expect(204);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a%20b", "%27;drop%20table%20room;--", "%C3%A9", "%22", "a%0d%0aSet-Cookie:x=y"})
  void refusesIdsThatAreNone(String id) {
    Answer answer = api.get(ann, "/chat/v1/rooms/" + id);
    answer.expect(400);
    assertThat(answer.problem()).startsWith("urn:plimsoll:problem:bad-");
    assertThat(answer.header("Set-Cookie")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /chat/v1/../v1/rooms            | bad-target
          /chat//v1/rooms                 | bad-target
          /chat/%2e%2e/auth/v1/tickets    | bad-target
          /chat/v1/rooms%2flobby          | bad-target
          /chat/v1/rooms?access_token=x   | token-in-url
          """)
  void refusesTargetsBeforeRouting(String target, String cause) throws IOException {
    assertThat(raw("GET " + target, "Authorization: Bearer " + ann))
        .startsWith("HTTP/1.1 400")
        .contains("urn:plimsoll:problem:" + cause);
  }

  @Test
  void headersAreNotInjected() throws IOException {
    String answer =
        raw(
            "GET " + path + "/events?offset=-1&live=sse",
            "Authorization: Bearer " + ann,
            "Accept: text/event-stream",
            "Last-Event-ID: 1\u0001\"; drop table ps_event; --");
    assertThat(answer).startsWith("HTTP/1.1 400");
  }

  /// One request as it is.
  private String raw(String line, String... headers) throws IOException {
    try (Socket socket = new Socket(platform.url().getHost(), platform.url().getPort())) {
      socket.setSoTimeout(20_000);
      String request =
          line
              + " HTTP/1.1\r\nHost: "
              + platform.url().getAuthority()
              + "\r\nConnection: close\r\n"
              + String.join("\r\n", headers)
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void whatIsNotThereAndWhatIsNotForTheCallerLookAlike() {
    String secret = "secret-" + room;
    api.post(ann, "/chat/v1/rooms", Map.of("id", secret, "name", "S", "private", true)).expect(201);
    String bob = api.token("bob");
    for (String suffix : List.of("", "/messages", "/members", "/events?offset=-1", "/presence")) {
      Answer hidden = api.get(bob, "/chat/v1/rooms/" + secret + suffix);
      Answer absent = api.get(bob, "/chat/v1/rooms/none" + suffix);
      problem(hidden, 404, "unknown-room");
      assertThat(hidden.text().replace(secret, "none")).isEqualTo(absent.text());
    }
    problem(
        api.post(
            bob,
            "/chat/v1/rooms/" + secret + "/messages",
            "{\"clientId\":\"c\",\"parts\":" + PARTS + "}"),
        404,
        "unknown-room");
    api.delete(ann, "/chat/v1/rooms/" + secret).expect(204);
  }

  @Test
  void whoIsNoMemberDoesNotWrite() {
    problem(
        api.post(
            api.token("bob"), path + "/messages", "{\"clientId\":\"c\",\"parts\":" + PARTS + "}"),
        403,
        "not-a-member");
  }
}
