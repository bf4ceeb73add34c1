package io.plimsoll.subscriptions.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.stream.EventStream.Frame;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The wire form of a topic's URL, byte by byte, whatever log and bus lie below.
///
/// Pages, writes and rings are small here, so that a dozen events cross all their borders.
@Timeout(240)
abstract class StreamWireContract {

  private static final AtomicInteger TOPICS = new AtomicInteger();
  static final String ACCEPT = "Accept: text/event-stream";

  final String key = "k" + TOPICS.incrementAndGet();
  final Topic topic = TestService.topic(key);
  final HttpClient http = HttpClient.newHttpClient();
  private final JsonMapper json = new JsonMapper();

  @LocalServerPort int port;
  @Autowired Topics topics;
  @Autowired EventLog log;
  @Autowired TestService service;
  @Autowired OpenStreams streams;
  @Autowired ObjectProvider<PlatformTransactionManager> transactions;

  @AfterEach
  void finish() {
    http.close();
    service.banned.clear();
    service.away = false;
    Awaitility.await().until(() -> streams.open() == 0);
  }

  // --- what the tests are written with ---

  <T> T committed(Supplier<T> writes) {
    PlatformTransactionManager manager = transactions.getIfAvailable();
    return manager == null
        ? writes.get()
        : Objects.requireNonNull(new TransactionTemplate(manager).execute(_ -> writes.get()));
  }

  Position append(String type, String data) {
    return topics.appendAlone(topic, NewEvent.of(type, data));
  }

  Position append(int n) {
    return append("a.b", "{\"n\":" + n + "}");
  }

  List<Position> appendMany(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(this::append).toList();
  }

  String path(String query) {
    return "/topics/" + key + "/events" + query;
  }

  HttpResponse<String> get(String query, String... headers) throws Exception {
    return send("GET", query, headers);
  }

  HttpResponse<String> send(String method, String query, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path(query)))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  EventStream live(String query, String... headers) {
    return EventStream.open(port, path(query), headers);
  }

  Head head() {
    return log.find(topic).orElseThrow();
  }

  static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("(none)");
  }

  List<Integer> numbers(String array) {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode event : json.readTree(array)) {
      numbers.add(event.get("data").get("n").asInt());
    }
    return numbers;
  }

  void problem(HttpResponse<String> response, int status, String cause) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
    assertThat(header(response, "Cache-Control")).isEqualTo("no-store");
    JsonNode problem = json.readTree(response.body());
    assertThat(problem.get("type").asString()).isEqualTo("urn:plimsoll:problem:" + cause);
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("title").asString()).isNotEmpty();
    assertThat(problem.get("detail").asString()).isNotEmpty();
  }

  // --- pages ---

  @Test
  void answersAnEmptyPageOfAnEmptyTopic() throws Exception {
    HttpResponse<String> response = get("");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("[]");
    assertThat(header(response, "Content-Type")).isEqualTo("application/json");
    assertThat(header(response, "Stream-Next-Offset")).isEqualTo(head().position().toString());
    assertThat(header(response, "Stream-Up-To-Date")).isEqualTo("true");
    assertThat(header(response, "Cache-Control")).isEqualTo("private, no-cache");
    assertThat(header(response, "ETag")).matches("\".+\"");
    assertThat(head().offset()).isZero();
  }

  @Test
  void wrapsEachEventInItsEnvelope() throws Exception {
    Position first = append("a.b", "{\"text\":\"ä€😀\"}");
    Position second = append("c", "null");
    List<String> times =
        log.read(head().topicId(), 0, 10).orElseThrow().events().stream()
            .map(stored -> stored.event().time().toString())
            .toList();

    assertThat(get("?offset=-1").body())
        .isEqualTo(
            "[{\"offset\":\"%s\",\"type\":\"a.b\",\"time\":\"%s\",\"data\":{\"text\":\"ä€😀\"}},{\"offset\":\"%s\",\"type\":\"c\",\"time\":\"%s\",\"data\":null}]"
                .formatted(first, times.get(0), second, times.get(1)));
  }

  @Test
  void resumesAfterAKnownPosition() throws Exception {
    List<Position> positions = appendMany(5);

    HttpResponse<String> response = get("?offset=" + positions.get(1));

    assertThat(numbers(response.body())).containsExactly(3, 4, 5);
    assertThat(header(response, "Stream-Next-Offset")).isEqualTo(positions.get(4).toString());
    assertThat(get("?offset=" + positions.get(4)).body()).isEqualTo("[]");
  }

  @Test
  void goesThroughAllPages() throws Exception {
    appendMany(200);
    List<Integer> seen = new ArrayList<>();
    String at = "-1";
    int pages = 0;
    HttpResponse<String> page;
    do {
      page = get("?offset=" + at);
      assertThat(page.body().length()).isLessThan(5_000);
      seen.addAll(numbers(page.body()));
      at = header(page, "Stream-Next-Offset");
      pages++;
    } while (!header(page, "Stream-Up-To-Date").equals("true"));

    assertThat(seen).isEqualTo(IntStream.rangeClosed(1, 200).boxed().toList());
    assertThat(pages).isGreaterThan(3);
    assertThat(at).isEqualTo(head().position().toString());
  }

  @Test
  void answersNowWithTheHeadAlone() throws Exception {
    appendMany(3);

    HttpResponse<String> response = get("?offset=now");

    assertThat(response.body()).isEqualTo("[]");
    assertThat(header(response, "Stream-Next-Offset")).isEqualTo(head().position().toString());
    assertThat(header(response, "Stream-Up-To-Date")).isEqualTo("true");
    assertThat(header(response, "Cache-Control")).isEqualTo("no-store");
  }

  @Test
  void answersHead() throws Exception {
    appendMany(3);

    HttpResponse<String> response = send("HEAD", "");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
    assertThat(header(response, "Stream-Next-Offset")).isEqualTo(head().position().toString());
    assertThat(header(response, "Cache-Control")).isEqualTo("no-store");
  }

  @Test
  void readsWhatWasPostedJustNow() throws Exception {
    try (EventStream keepsTheFeedOpen = live("?offset=now&live=sse")) {
      keepsTheFeedOpen.next("retry");
      for (int n = 1; n <= 50; n++) {
        // as another node would: this one hears nothing of it
        log.appendAlone(topic, List.of(NewEvent.of("a.b", "{\"n\":" + n + "}")));
        String head = header(send("HEAD", ""), "Stream-Next-Offset");
        HttpResponse<String> page = get("?offset=" + (n == 1 ? "-1" : head().position()));
        assertThat(head).isEqualTo(head().position().toString());
        assertThat(header(page, "Stream-Next-Offset")).isEqualTo(head);
        assertThat(header(get("?offset=now"), "Stream-Next-Offset")).isEqualTo(head);
      }
    }
  }

  @Test
  void answers304UntilThePageChanges() throws Exception {
    List<Position> positions = appendMany(3);
    HttpResponse<String> page = get("?offset=-1");
    String tag = header(page, "ETag");

    HttpResponse<String> same = get("?offset=-1", "If-None-Match", tag);
    assertThat(same.statusCode()).isEqualTo(304);
    assertThat(same.body()).isEmpty();
    assertThat(header(same, "Stream-Next-Offset")).isEqualTo(positions.get(2).toString());

    append(4);
    HttpResponse<String> more = get("?offset=-1", "If-None-Match", tag);
    assertThat(more.statusCode()).isEqualTo(200);
    assertThat(numbers(more.body())).containsExactly(1, 2, 3, 4);
  }

  @Test
  void redactionsChangeTheTagOfEveryPageTheyTouch() throws Exception {
    List<Position> positions = appendMany(100);
    String old = header(get("?offset=-1"), "ETag");
    String untouched = header(get("?offset=" + positions.get(60)), "ETag");

    committed(
        () ->
            topics.redact(topic, List.of(2L), "{\"n\":0}", NewEvent.of("redacted", "{\"n\":-1}")));

    HttpResponse<String> page = get("?offset=-1", "If-None-Match", old);
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(numbers(page.body())).startsWith(1, 0, 3);
    assertThat(get("?offset=" + positions.get(60), "If-None-Match", untouched).statusCode())
        .isEqualTo(304);
  }

  @Test
  void aPageThatIsFollowedByOthersHasAnotherTagThanOneAtTheHead() throws Exception {
    append("a.b", "{\"n\":1,\"fill\":\"" + "x".repeat(5_000) + "\"}");
    HttpResponse<String> atHead = get("?offset=-1");
    append(2);
    HttpResponse<String> followed = get("?offset=-1", "If-None-Match", header(atHead, "ETag"));

    assertThat(header(atHead, "Stream-Up-To-Date")).isEqualTo("true");
    assertThat(followed.statusCode()).isEqualTo(200);
    assertThat(followed.body()).isEqualTo(atHead.body());
    assertThat(header(followed, "Stream-Up-To-Date")).isEqualTo("(none)");
  }

  // --- positions ---

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?offset=",
        "?offset=1",
        "?offset=-2",
        "?offset=NOW",
        "?offset=0000000000000001",
        "?offset=0000000000000001_00000000000",
        "?offset=0000000000000001_00000000000G",
        "?offset=0000000000000001_0000000000AB",
        "?offset=-1&offset=-1",
        "?offset=0000000000000001_000000000000'",
        "?offset=%00",
        "?offset=%0D%0Ax:y",
        "?live=sse",
        "?live=long-poll",
        "?live=sse&offset=",
        "?live=long-poll&offset=snapshot"
      })
  void refusesMalformedPositions(String query) throws Exception {
    problem(get(query), 400, "bad-position");
    problem(get(query, "Accept", "text/event-stream"), 400, "bad-position");
  }

  @Test
  void refusesLiveRequestsWithoutAPositionAndUnknownModes() throws Exception {
    problem(get("", "Accept", "text/event-stream"), 400, "bad-position");
    problem(
        get("?offset=-1", "Accept", "text/event-stream", "Last-Event-ID", "7"),
        400,
        "bad-position");
    problem(get("?offset=-1&live=websocket"), 400, "bad-live-mode");
    problem(get("?offset=-1&live="), 400, "bad-live-mode");
    problem(get("?offset=-1&live=sse&live=sse"), 400, "bad-live-mode");
  }

  @Test
  void losesForeignFutureAndInventedPositions() throws Exception {
    List<Position> positions = appendMany(3);
    Position second = positions.get(1);
    Position foreign = topics.appendAlone(TestService.topic(key + "-other"), NewEvent.of("a", "1"));
    for (Object lost :
        List.of(
            foreign,
            new Position(4, second.tag()),
            new Position(3, positions.get(2).tag() ^ 1),
            new Position(2, second.tag() ^ 1),
            new Position(0, second.tag()),
            "9999999999999999_000000000000")) {
      for (String query : List.of("", "&live=long-poll", "&live=sse")) {
        HttpResponse<String> response = get("?offset=" + lost + query);
        problem(response, 410, "position-lost");
        assertThat(response.body())
            .contains("\"snapshot\":\"/topics/" + key + "/events?offset=snapshot\"");
      }
    }
  }

  @Test
  void losesPositionsBelowTheFloorAndNoOthers() throws Exception {
    List<Position> positions = appendMany(40);
    log.trim(head().topicId(), 21, 100);

    problem(get("?offset=" + positions.get(18)), 410, "position-lost");
    assertThat(numbers(get("?offset=" + positions.get(19)).body())).startsWith(21);
    assertThat(numbers(get("?offset=-1").body())).startsWith(21);

    log.trim(head().topicId(), 41, 100);
    problem(get("?offset=" + positions.get(38)), 410, "position-lost");
    assertThat(get("?offset=" + positions.get(39)).body()).isEqualTo("[]");
  }

  @Test
  void losesPositionsOfATopicThatWasMadeAgain() throws Exception {
    String start = header(get(""), "Stream-Next-Offset");
    Position old = append(1);
    committed(
        () -> {
          topics.delete(topic);
          return true;
        });
    append(1);

    problem(get("?offset=" + old), 410, "position-lost");
    problem(get("?offset=" + start), 410, "position-lost");
    assertThat(numbers(get("?offset=-1").body())).containsExactly(1);
  }

  // --- snapshots ---

  @Test
  void answersASnapshotWithItsPosition() throws Exception {
    appendMany(3);

    HttpResponse<String> response = get("?offset=snapshot");

    String position = head().position().toString();
    assertThat(response.body())
        .isEqualTo("{\"position\":\"" + position + "\",\"data\":{\"events\":3}}");
    assertThat(header(response, "Stream-Next-Offset")).isEqualTo(position);
    assertThat(header(response, "Cache-Control")).isEqualTo("private, no-store");
  }

  @Test
  void streamsASnapshotAndWhatFollows() {
    appendMany(3);
    try (EventStream stream = live("?offset=snapshot&live=sse")) {
      stream.next("retry");
      Frame snapshot = stream.next("snapshot");
      assertThat(snapshot.id()).isEqualTo(head().position().toString());
      assertThat(snapshot.data())
          .isEqualTo("{\"position\":\"" + snapshot.id() + "\",\"data\":{\"events\":3}}");
      Frame control = stream.next("control");
      assertThat(control.id()).isEqualTo(snapshot.id());
      assertThat(control.data()).contains("\"upToDate\":true");

      append(4);
      assertThat(numbers(stream.next("data").data())).containsExactly(4);
    }
  }

  @Test
  void refusesTheStateToWhomItIsNotFor() throws Exception {
    append(1);
    service.banned.add("bob");

    problem(get("?as=bob&offset=snapshot"), 404, "not-found");
    problem(get("?as=bob&offset=now"), 404, "not-found");
    problem(get("?as=bob&offset=now&live=sse", "Accept", "text/event-stream"), 404, "not-found");
    assertThat(get("?offset=snapshot").statusCode()).isEqualTo(200);
  }

  @Test
  void endsTheStreamsOfWhomAnotherTopicNames() throws Exception {
    Position at = append(1);
    try (EventStream goes = live("?as=watched-goes&offset=now&live=sse");
        EventStream stays = live("?as=watched-stays&offset=now&live=sse")) {
      goes.skipTo("control");
      stays.skipTo("control");
      service.banned.add("watched-goes");
      for (String named : new String[] {"watched-stays", "watched-goes"}) {
        topics.appendAlone(TestService.WATCHED, NewEvent.of("removed", "\"" + named + "\""));
      }

      assertThat(goes.skipTo("end").data())
          .isEqualTo("{\"reason\":\"access_removed\",\"reconnect\":false}");
      goes.assertEnds();
      append(2);
      assertThat(numbers(stays.skipTo("data").data())).containsExactly(2);
    }
    // what was authorized before and opens now
    try (EventStream late = live("?as=watched-goes&live=sse&offset=" + at)) {
      late.next("retry");
      late.next("end");
    }
    problem(get("?as=watched-goes&live=long-poll&offset=" + head().position()), 404, "not-found");
  }

  // --- long polls ---

  @Test
  void longPollsAnswerAtOnceIfThereIsSomething() throws Exception {
    List<Position> positions = appendMany(2);

    HttpResponse<String> response = get("?live=long-poll&offset=" + positions.get(0));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(numbers(response.body())).containsExactly(2);
    assertThat(header(response, "Stream-Next-Offset")).isEqualTo(positions.get(1).toString());
    assertThat(header(response, "Stream-Up-To-Date")).isEqualTo("true");
    assertThat(header(response, "Stream-Cursor")).matches("[0-9]+");
  }

  @Test
  void longPollsWaitForTheNextEvent() throws Exception {
    append(1);
    CompletableFuture<HttpResponse<String>> poll =
        http.sendAsync(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:" + port + path("?live=long-poll&offset=now&cursor=5")))
                .build(),
            BodyHandlers.ofString());
    Awaitility.await().until(() -> streams.open() == 1);

    append(2);

    assertThat(numbers(poll.get().body())).containsExactly(2);
    assertThat(poll.get().statusCode()).isEqualTo(200);
  }

  @Test
  void longPollsThatSeeNothingAnswer204() throws Exception {
    append(1);
    String now = header(send("HEAD", ""), "Stream-Next-Offset");

    HttpResponse<String> response = get("?live=long-poll&offset=now");

    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.body()).isEmpty();
    assertThat(header(response, "Stream-Next-Offset")).isEqualTo(now);
    assertThat(header(response, "Stream-Up-To-Date")).isEqualTo("true");
    String cursor = header(response, "Stream-Cursor");
    HttpResponse<String> next = get("?live=long-poll&offset=" + now + "&cursor=" + cursor);
    assertThat(Long.parseLong(header(next, "Stream-Cursor"))).isGreaterThan(Long.parseLong(cursor));
  }

  @Test
  void longPollsTellNothingToWhoIsNoLongerAuthenticated() throws Exception {
    append(1);
    HttpResponse<String> response = get("?live=long-poll&offset=-1&until=2020-01-01T00:00:00Z");
    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(header(response, "Stream-Up-To-Date")).isEqualTo("(none)");
    String next = header(response, "Stream-Next-Offset");
    assertThat(numbers(get("?live=long-poll&offset=" + next).body())).containsExactly(1);
  }

  @Test
  void longPollsWaitNoLongerThanTheAuthenticationLasts() throws Exception {
    append(1);
    String now = header(send("HEAD", ""), "Stream-Next-Offset");
    Instant until = Instant.now().plusMillis(300);
    CompletableFuture<HttpResponse<String>> poll =
        http.sendAsync(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:"
                            + port
                            + path("?live=long-poll&offset=now&until=" + until)))
                .build(),
            BodyHandlers.ofString());
    Awaitility.await().until(() -> streams.open() == 0 && Instant.now().isAfter(until));
    append(2);
    assertThat(poll.get().statusCode()).isEqualTo(204);
    assertThat(header(poll.get(), "Stream-Next-Offset")).isEqualTo(now);
  }

  // --- event streams ---

  @Test
  void startsWithItsHeadersARetryAndAPosition() {
    append(1);
    try (EventStream stream = live("?offset=now&live=sse", "Accept-Encoding: gzip")) {
      assertThat(stream.status).isEqualTo(200);
      assertThat(stream.headers)
          .containsEntry("content-type", "text/event-stream")
          .containsEntry("cache-control", "no-cache, no-transform")
          .containsEntry("x-accel-buffering", "no")
          .containsEntry("transfer-encoding", "chunked")
          .doesNotContainKeys("content-encoding", "content-length", "set-cookie");
      int retry = Integer.parseInt(Objects.requireNonNull(stream.next("retry").retry()));
      assertThat(retry).isBetween(1_000, 5_000);
      assertThat(stream.nextOrComment().raw()).isEqualTo(":");
      Frame control = stream.next("control");
      assertThat(control.id()).isEqualTo(head().position().toString());
      assertThat(control.data())
          .matches(
              "\\{\"streamNextOffset\":\""
                  + control.id()
                  + "\",\"streamCursor\":\"[0-9]+\",\"upToDate\":true}");
    }
  }

  @Test
  void tellsClientsToComeBackAtDifferentTimes() {
    List<String> retries = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      try (EventStream stream = live("?offset=now&live=sse&as=user" + i)) {
        retries.add(stream.next("retry").raw());
      }
    }
    assertThat(retries).doesNotHaveDuplicates();
  }

  @Test
  void writesEventsAsTheClientsOfTheProtocolReadThem() {
    try (EventStream stream = live("?offset=-1&live=sse")) {
      stream.next("retry");
      stream.next("control");
      Position position = append("a.b", "{\"text\":\"ä€😀: x\\n\"}");
      String time =
          log.read(head().topicId(), 0, 1)
              .orElseThrow()
              .events()
              .getFirst()
              .event()
              .time()
              .toString();

      Frame data = stream.next("data");
      assertThat(data.raw())
          .isEqualTo(
              "event: data\ndata:[{\"offset\":\"%s\",\"type\":\"a.b\",\"time\":\"%s\",\"data\":{\"text\":\"ä€😀: x\\n\"}}]\nid:%s"
                  .formatted(position, time, position));
      Frame control = stream.next("control");
      assertThat(control.raw())
          .matches(
              "event: control\ndata:\\{\"streamNextOffset\":\"%s\",\"streamCursor\":\"[0-9]+\",\"upToDate\":true}\nid:%s"
                  .formatted(position, position));
    }
  }

  @Test
  void writesWhatWasAppendedTogetherTogether() {
    try (EventStream stream = live("?offset=-1&live=sse")) {
      stream.next("retry");
      stream.next("control");
      committed(
          () ->
              topics.append(
                  topic, List.of(NewEvent.of("a", "{\"n\":1}"), NewEvent.of("a", "{\"n\":2}"))));

      assertThat(numbers(stream.next("data").data())).containsExactly(1, 2);
      assertThat(stream.next("control").id()).isEqualTo(head().position().toString());
    }
  }

  @Test
  void catchesUpInWritesOfWhichOnlyTheLastIsUpToDate() {
    appendMany(200);
    try (EventStream stream = live("?offset=-1&live=sse")) {
      stream.next("retry");
      List<Integer> seen = new ArrayList<>();
      int writes = 0;
      boolean upToDate = false;
      while (!upToDate) {
        Frame data = stream.next("data");
        seen.addAll(numbers(data.data()));
        upToDate = stream.next("control").data().contains("upToDate");
        writes++;
        assertThat(upToDate).isEqualTo(seen.size() == 200);
      }
      assertThat(writes).isGreaterThan(5);
      assertThat(seen).isEqualTo(IntStream.rangeClosed(1, 200).boxed().toList());
    }
  }

  @Test
  void goesOnFromTheLastEventIdRatherThanTheOffset() {
    List<Position> positions = appendMany(5);
    for (String offset : List.of("-1", "now", "snapshot", positions.get(0).toString())) {
      try (EventStream stream =
          live("?offset=" + offset, ACCEPT, "Last-Event-ID: " + positions.get(3))) {
        stream.next("retry");
        assertThat(numbers(stream.next("data").data())).containsExactly(5);
      }
    }
    try (EventStream stream = live("", ACCEPT, "Last-Event-ID: " + positions.get(3))) {
      stream.next("retry");
      assertThat(numbers(stream.next("data").data())).containsExactly(5);
    }
  }

  @Test
  void aDropAtAnyMomentNeitherSkipsNorRepeats() {
    List<Integer> seen = new ArrayList<>();
    String last = null;
    int appended = 0;
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < 7; i++) {
        append(++appended);
      }
      List<String> headers = new ArrayList<>(List.of(ACCEPT));
      if (last != null) {
        headers.add("Last-Event-ID: " + last);
      }
      try (EventStream stream = live("?offset=-1", headers.toArray(String[]::new))) {
        stream.next("retry");
        Frame frame = stream.next();
        // leaves in the middle, now and then before anything came
        for (int i = 0; i < round % 3 && frame.type().equals("data"); i++) {
          seen.addAll(numbers(frame.data()));
          last = frame.id();
          if (seen.size() == appended) {
            break;
          }
          stream.next("control");
          frame = stream.next();
        }
      }
    }
    assertThat(seen).isEqualTo(IntStream.rangeClosed(1, seen.size()).boxed().toList());
    assertThat(seen).hasSizeGreaterThan(50);
  }

  @Test
  void beatsWhenNothingHappens() {
    append(1);
    try (EventStream stream = live("?offset=now&live=sse")) {
      stream.next("retry");
      stream.nextOrComment();
      stream.next("control");
      for (int i = 0; i < 2; i++) {
        assertThat(stream.nextOrComment().raw()).isEqualTo(":");
      }
    }
  }

  @Test
  void resetsAnEventSourceWhosePositionIsLost() {
    append(1);
    Position lost = new Position(1, head().tag() ^ 1);
    for (String header : List.of("Last-Event-ID: " + lost, "X-Nothing: 1")) {
      try (EventStream stream = live("?offset=" + lost, ACCEPT, header)) {
        assertThat(stream.status).isEqualTo(200);
        stream.next("retry");
        Frame reset = stream.next("reset");
        assertThat(reset.data()).isEqualTo("{\"reason\":\"lost\"}");
        assertThat(reset.id()).isNull();
        Frame snapshot = stream.next("snapshot");
        assertThat(snapshot.id()).isEqualTo(head().position().toString());
        stream.next("control");
        append(2);
        stream.next("data");
        stream.next("control");
      }
    }
  }

  @Test
  void endsWhenTheAuthenticationEnds() {
    append(1);
    Instant until = Instant.now().plusMillis(1_500).truncatedTo(ChronoUnit.MILLIS);
    try (EventStream stream = live("?offset=now&live=sse&until=" + until)) {
      Frame end = stream.skipTo("end");
      assertThat(end.data()).isEqualTo("{\"reason\":\"token_expired\",\"reconnect\":false}");
      assertThat(Instant.now()).isAfterOrEqualTo(until.minusMillis(1));
      stream.assertEnds();
    }
  }

  @Test
  void endsAtOnceIfTheAuthenticationHasEnded() {
    try (EventStream stream = live("?offset=now&live=sse&until=2020-01-01T00:00:00Z")) {
      assertThat(stream.status).isEqualTo(200);
      assertThat(stream.skipTo("end").data()).contains("token_expired");
      stream.assertEnds();
    }
  }

  @Test
  void sendsEphemeralEventsToWhoeverIsUpToDate() {
    append(1);
    try (EventStream stream = live("?offset=now&live=sse")) {
      append(2); // who has read it is following for certain
      stream.skipTo("data");
      stream.next("control");
      assertThat(topics.ephemeral(topic, "anna", "typing", "{\"by\":\"anna\"}")).isTrue();

      Frame ephemeral = stream.next("ephemeral");
      assertThat(ephemeral.id()).isNull();
      assertThat(ephemeral.data())
          .matches("\\{\"type\":\"typing\",\"time\":\"[^\"]+\",\"data\":\\{\"by\":\"anna\"}}");
      append(3);
      assertThat(stream.next("data").id()).isEqualTo(head().position().toString());
    }
  }

  @Test
  void ignoresWhatAClientSendsAfterItsRequest() {
    try (EventStream stream =
        live("?offset=-1&live=sse", "X: 1\r\n\r\nGET / HTTP/1.1\r\nHost: x")) {
      stream.next("retry");
      stream.next("control");
      append(1);
      stream.next("data");
    }
  }

  // --- a stream obeys its own log ---

  @Test
  void endsTheStreamOfWhoWasRemovedAndOfNobodyElse() {
    append(1);
    try (EventStream bob = live("?as=bob&offset=-1&live=sse");
        EventStream anna = live("?as=anna&offset=-1&live=sse")) {
      bob.next("retry");
      bob.next("data");
      bob.next("control");
      service.banned.add("bob");
      append("removed", "\"bob\"");
      append(3);

      assertThat(bob.next("data").data()).contains("\"type\":\"removed\"");
      bob.next("control");
      assertThat(bob.next("end").data())
          .isEqualTo("{\"reason\":\"access_removed\",\"reconnect\":false}");
      bob.assertEnds();
      anna.next("retry");
      while (!anna.skipTo("data").data().contains("\"n\":3")) {}
    }
  }

  @Test
  void endsPagesAndLongPollsAtARemovalToo() throws Exception {
    append(1);
    Position removal = append("removed", "\"bob\"");
    append(3);
    service.banned.add("bob");

    for (String query : List.of("?as=bob&offset=-1", "?as=bob&offset=-1&live=long-poll")) {
      HttpResponse<String> page = get(query);
      assertThat(page.body()).contains("removed").doesNotContain("\"n\":3");
      assertThat(header(page, "Stream-Next-Offset")).isEqualTo(removal.toString());
      assertThat(header(page, "Stream-Up-To-Date")).isEqualTo("(none)");
    }
    assertThat(get("?as=anna&offset=-1").body()).contains("\"n\":3");
  }

  @Test
  void passesOverARemovalOfWhoMayReadAgain() throws Exception {
    append("removed", "\"bob\"");
    append("closed", "{}");
    append(3);

    assertThat(get("?as=bob&offset=-1").body()).contains("\"n\":3");
    try (EventStream bob = live("?as=bob&offset=-1&live=sse")) {
      bob.next("retry");
      assertThat(bob.next("data").data()).contains("removed");
      bob.next("control");
      assertThat(bob.next("data").data()).contains("closed");
      bob.next("control");
      assertThat(bob.next("data").data()).contains("\"n\":3");
    }
  }

  @Test
  void endsEverybodysStreamOfADeletedTopic() {
    try (EventStream stream = live("?offset=-1&live=sse")) {
      stream.next("retry");
      stream.next("control");
      append("deleted", "{}");
      stream.next("data");
      stream.next("control");
      assertThat(stream.next("end").data())
          .isEqualTo("{\"reason\":\"deleted\",\"reconnect\":false}");
      stream.assertEnds();
    }
  }

  @Test
  void standsStillWhileAccessCannotBeChecked() {
    append(1);
    try (EventStream stream = live("?as=bob&offset=-1&live=sse")) {
      stream.next("retry");
      stream.next("data");
      stream.next("control");
      service.away = true;
      append("closed", "{}");
      append(3);
      Frame beat = stream.nextOrComment();
      assertThat(beat.type()).isEqualTo("comment");

      service.away = false;
      assertThat(stream.next("data").data()).contains("closed");
      stream.next("control");
      assertThat(stream.next("data").data()).contains("\"n\":3");
    }
  }

  @Test
  void asksAboutEverybodyWhereARuleFails() {
    append("faulty", "{}");
    append(2);
    service.banned.add("bob");
    try (EventStream bob = live("?as=bob&offset=-1&live=sse");
        EventStream anna = live("?as=anna&offset=-1&live=sse")) {
      bob.skipTo("data");
      assertThat(bob.skipTo("end").data()).contains("access_removed");
      bob.assertEnds();
      anna.skipTo("data");
      assertThat(anna.skipTo("data").data()).contains("\"n\":2");
    }
  }

  @Test
  void tellsTheListenerOfTheFirstAndTheLastStream() {
    append(1);
    EventStream first = live("?as=bob&offset=now&live=sse");
    EventStream second = live("?as=bob&offset=now&live=sse");
    Awaitility.await().until(() -> service.heard.contains("opened " + key + " bob"));
    first.close();
    Awaitility.await().until(() -> streams.open() == 1);
    second.close();
    Awaitility.await().until(() -> service.heard.contains("closed " + key + " bob"));

    assertThat(heard("opened", "closed"))
        .containsExactly("opened " + key + " bob", "closed " + key + " bob");
  }

  @Test
  void tellsTheListenerOfEveryStreamThatCaughtUpWithoutASnapshot() {
    append(3);
    try (EventStream all = live("?as=bob&offset=snapshot&live=sse")) {
      all.skipTo("control");
      append(1);
      all.skipTo("data");
      try (EventStream back = live("?as=bob&offset=-1&live=sse")) {
        back.skipTo("data");
        Awaitility.await().until(() -> heard("caught up").size() == 1);
        append(1);
        back.skipTo("data");
      }
      try (EventStream now = live("?as=bob&offset=now&live=sse")) {
        now.skipTo("control");
        Awaitility.await().until(() -> heard("caught up").size() == 2);
      }
    }
    assertThat(heard("caught up")).hasSize(2).containsOnly("caught up " + key + " bob");
  }

  private List<String> heard(String... news) {
    return service.heard.stream()
        .filter(each -> each.contains(" " + key + " "))
        .filter(each -> Stream.of(news).anyMatch(each::startsWith))
        .toList();
  }

  // --- redaction ---

  @Test
  void noReadReturnsWhatWasRedacted() throws Exception {
    List<Position> positions = appendMany(300);
    try (EventStream stream = live("?offset=" + positions.get(298) + "&live=sse")) {
      stream.next("retry");
      stream.next("data");
      stream.next("control");
      get("?offset=" + positions.get(10)); // has the pages read

      List<Long> redacted = List.of(5L, 12L, 150L, 299L);
      committed(
          () -> topics.redact(topic, redacted, "{\"n\":0}", NewEvent.of("redacted", "{\"n\":-1}")));

      List<Integer> seen = new ArrayList<>();
      String at = "-1";
      HttpResponse<String> page;
      do {
        page = get("?offset=" + at);
        seen.addAll(numbers(page.body()));
        at = header(page, "Stream-Next-Offset");
      } while (!header(page, "Stream-Up-To-Date").equals("true"));
      assertThat(seen).hasSize(301).doesNotContain(5, 12, 150, 299).endsWith(298, 0, 300, -1);
      assertThat(numbers(stream.next("data").data())).containsExactly(-1);
      try (EventStream late = live("?offset=" + positions.get(297) + "&live=sse")) {
        late.next("retry");
        assertThat(numbers(late.next("data").data())).containsExactly(0, 300, -1);
      }
    }
  }

  // --- slow readers ---

  @Test
  void aSlowReaderGetsEverythingFromPages() {
    append(0);
    try (EventStream slow =
        EventStream.slow(port, path("?offset=" + head().position() + "&live=sse"))) {
      slow.next("retry");
      slow.next("control");
      String fill = "x".repeat(4_000);
      for (int n = 1; n <= 1_500; n++) {
        append("a", "{\"n\":" + n + ",\"fill\":\"" + fill + "\"}");
      }
      int expected = 1;
      while (expected <= 1_500) {
        for (int n : numbers(slow.next("data").data())) {
          assertThat(n).isEqualTo(expected++);
        }
        slow.next("control");
      }
    }
  }

  @Test
  void aReaderThatFallsBelowTheFloorIsEndedAndComesBackToAReset() {
    append(0);
    String last;
    try (EventStream slow =
        EventStream.slow(port, path("?offset=" + head().position() + "&live=sse"), ACCEPT)) {
      slow.next("retry");
      slow.next("control");
      String fill = "x".repeat(4_000);
      for (int n = 1; n <= 1_500; n++) {
        append("a", "{\"n\":" + n + ",\"fill\":\"" + fill + "\"}");
      }
      log.trim(head().topicId(), 1_490, 2_000);
      Frame end = slow.skipTo("end");
      assertThat(end.data()).isEqualTo("{\"reason\":\"lost\",\"reconnect\":true}");
      slow.assertEnds();
      last = slow.lastId();
    }
    try (EventStream back = live("?offset=now", ACCEPT, "Last-Event-ID: " + last)) {
      back.next("retry");
      back.next("reset");
      back.next("snapshot");
    }
  }

  // --- limits ---

  @Test
  void admitsOnlySoManyStreamsOfOneSubscriber() throws Exception {
    append(1);
    List<EventStream> open = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      EventStream stream = live("?as=bob&offset=now&live=sse");
      stream.next("retry");
      open.add(stream);
    }

    HttpResponse<String> refused = get("?as=bob&offset=now&live=sse");
    problem(refused, 429, "too-many-streams");
    assertThat(header(refused, "Retry-After")).isEqualTo("1");
    problem(get("?as=bob&offset=now&live=long-poll"), 429, "too-many-streams");
    HttpResponse<String> eventSource = get("?as=bob&offset=now", "Accept", "text/event-stream");
    assertThat(eventSource.statusCode()).isEqualTo(200);
    assertThat(header(eventSource, "Content-Type")).isEqualTo("text/event-stream");
    assertThat(eventSource.body())
        .matches(
            "retry:[1-5][0-9]{3}\n\nevent: end\ndata:\\{\"reason\":\"rate_limited\",\"reconnect\":true}\n\n");
    assertThat(get("?as=bob&offset=-1").statusCode()).isEqualTo(200);
    try (EventStream other = live("?as=anna&offset=now&live=sse")) {
      assertThat(other.status).isEqualTo(200);
    }

    open.getFirst().close();
    Awaitility.await().until(() -> streams.open() == 2);
    try (EventStream next = live("?as=bob&offset=now&live=sse")) {
      assertThat(next.status).isEqualTo(200);
    }
    open.forEach(EventStream::close);
  }
}
