package io.plimsoll.subscriptions.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.Topics;
import io.plimsoll.subscriptions.log.InMemoryEventLog;
import io.plimsoll.subscriptions.log.TestLog;
import io.plimsoll.subscriptions.stream.EventStream.Frame;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import io.plimsoll.subscriptions.stream.StreamRequest.From;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

/// What open streams and new requests see of a log that is away, stands still or goes back.
@Timeout(240)
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    classes = TestService.class,
    properties = {
      "spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
      "plimsoll.subscriptions.log=memory",
      "plimsoll.subscriptions.bus=memory",
      "plimsoll.subscriptions.feed.join-timeout=1s",
      "plimsoll.subscriptions.head-check.interval=100ms",
      "plimsoll.subscriptions.stream.heartbeat=1s",
      "plimsoll.subscriptions.stream.max=3000",
      "spring.threads.virtual.enabled=true"
    })
class StreamFaultTests {

  private static final Duration DEADLINE = Duration.ofSeconds(40);
  private static final AtomicInteger TOPICS = new AtomicInteger();
  private static final Pattern DATA = Pattern.compile("\"data\":([^}]*)}");
  private static final String ACCEPT = "Accept: text/event-stream";

  private final String key = "f" + TOPICS.incrementAndGet();
  private final Topic topic = TestService.topic(key);

  @LocalServerPort private int port;
  @Autowired private Topics topics;
  @Autowired private TestLog log;
  @Autowired private OpenStreams streams;
  @Autowired private Entrance entrance;
  @Autowired private TestService service;

  @AfterEach
  void finish() {
    log.release();
    log.failReads(() -> false);
    Awaitility.await().atMost(DEADLINE).until(() -> streams.open() == 0);
  }

  private Position append(String data) {
    return topics.appendAlone(topic, NewEvent.of("a", data));
  }

  private Position head() {
    return log.find(topic).orElseThrow().position();
  }

  private String path(String query) {
    return "/topics/" + key + "/events" + query;
  }

  private EventStream live(String query, String... headers) {
    return EventStream.open(port, path(query), headers);
  }

  private HttpResponse<String> get(String query, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path(query)));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request.build(), BodyHandlers.ofString());
    }
  }

  // --- the log is away ---

  @Test
  void answersThatTheLogIsAway() throws Exception {
    append("1");
    log.failReads(() -> true);

    for (String query :
        List.of(
            "",
            "?offset=now",
            "?offset=snapshot",
            "?offset=-1&live=long-poll",
            "?offset=-1&live=sse")) {
      HttpResponse<String> response = get(query);
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(response.headers().firstValue("Content-Type"))
          .hasValue("application/problem+json");
      assertThat(response.body()).contains("urn:plimsoll:problem:unavailable");
      assertThat(response.body()).doesNotContain("Exception");
    }
    HttpResponse<String> eventSource = get("?offset=-1", "Accept", "text/event-stream");
    assertThat(eventSource.statusCode()).isEqualTo(200);
    assertThat(eventSource.body())
        .matches(
            "retry:[1-5][0-9]{3}\n\nevent: end\ndata:\\{\"reason\":\"unavailable\",\"reconnect\":true}\n\n");
  }

  @Test
  void openStreamsPauseAndGoOnWithTheSameSequence() {
    append("1");
    try (EventStream stream = live("?offset=now&live=sse")) {
      stream.next("retry");
      stream.next("control");
      log.failReads(() -> true);
      // as other nodes would, with every publish lost
      for (int n = 2; n <= 5; n++) {
        log.appendAlone(topic, List.of(NewEvent.of("a", Integer.toString(n))));
      }
      assertThat(stream.nextOrComment().raw()).isEqualTo(":");

      log.failReads(() -> false);
      assertThat(stream.next("data").data())
          .containsSubsequence("\"data\":2", "\"data\":3", "\"data\":4", "\"data\":5");
      assertThat(stream.next("control").id()).isEqualTo(head().toString());
    }
  }

  @Test
  void readsThatFailNowAndThenAreRepeated() {
    for (int n = 1; n <= 700; n++) {
      append(Integer.toString(n));
    }
    AtomicInteger reads = new AtomicInteger();
    log.failReads(() -> reads.incrementAndGet() % 3 == 0);
    try (EventStream stream = reopened("?offset=-1")) {
      List<String> seen = new ArrayList<>();
      while (seen.size() < 700) {
        seen.addAll(data(stream.skipTo("data")));
      }
      for (int n = 1; n <= 700; n++) {
        assertThat(seen.get(n - 1)).isEqualTo(Integer.toString(n));
      }
    }
  }

  /// As an EventSource would: comes back until it is let in.
  private EventStream reopened(String query) {
    while (true) {
      EventStream stream = live(query, ACCEPT);
      if (stream.headers.containsKey("transfer-encoding")) {
        return stream;
      }
      assertThat(stream.body()).contains("unavailable");
      stream.close();
    }
  }

  private static List<String> data(Frame frame) {
    return DATA.matcher(frame.data()).results().map(found -> found.group(1)).toList();
  }

  // --- the log stands still ---

  @Test
  void clientsThatLeaveWhileTheyWaitLeaveNothingBehind() throws Exception {
    append("1");
    log.hold();
    List<EventStreamLater> waiting = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        EventStreamLater client = new EventStreamLater(port, path("?offset=now&live=sse&as=u"));
        waiting.add(client);
      }
      Awaitility.await().atMost(DEADLINE).until(() -> streams.open() > 0);
      waiting.forEach(EventStreamLater::close);
      log.release();

      Awaitility.await().atMost(DEADLINE).until(() -> streams.open() == 0);
      // none of the subscriber's places is lost
      List<Future<EventStream>> again = new ArrayList<>();
      for (int i = 0; i < 256; i++) {
        again.add(clients.submit(() -> live("?offset=now&live=sse&as=u")));
      }
      for (Future<EventStream> stream : again) {
        try (EventStream open = stream.get()) {
          assertThat(open.status).isEqualTo(200);
        }
      }
    }
  }

  /// A request whose answer nobody waits for.
  private record EventStreamLater(Socket socket) implements AutoCloseable {

    EventStreamLater(int port, String path) throws Exception {
      this(new Socket(InetAddress.getLoopbackAddress(), port));
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void clientsThatLeaveAtAnyMomentLeaveNothingBehind() throws Exception {
    append("1");
    for (int round = 0; round < 20; round++) {
      List<EventStreamLater> clients = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        clients.add(new EventStreamLater(port, path("?offset=-1&live=sse&as=u" + i)));
        if (i % 3 == 0) {
          clients.removeLast().close();
        }
      }
      clients.forEach(EventStreamLater::close);
    }
    Awaitility.await().atMost(DEADLINE).until(() -> streams.open() == 0);
  }

  // --- the log goes back ---

  @Test
  void resetsExactlyTheStreamsThatAreAhead() {
    append("1");
    Position kept = append("2");
    InMemoryEventLog backup = log.backup();
    Topic other = TestService.topic(key + "-other");
    topics.appendAlone(other, NewEvent.of("a", "1"));
    append("3");

    try (EventStream behind =
            EventStream.slow(port, path("?offset=" + kept + "&live=sse&as=slow"));
        EventStream ahead = live("?offset=-1", ACCEPT);
        EventStream plain = live("?offset=-1&live=sse")) {
      ahead.next("retry");
      assertThat(data(ahead.next("data"))).containsExactly("1", "2", "3");
      ahead.next("control");
      plain.next("retry");
      plain.next("data");
      plain.next("control");
      behind.next("retry");
      assertThat(data(behind.next("data"))).containsExactly("3");
      behind.next("control");

      log.restore(backup);
      try (EventStream notAhead = live("?offset=" + kept, ACCEPT)) {
        notAhead.next("retry");
        notAhead.next("control");

        assertThat(ahead.next("reset").data()).isEqualTo("{\"reason\":\"lost\"}");
        assertThat(ahead.next("snapshot").id()).isEqualTo(kept.toString());
        ahead.next("control");
        assertThat(plain.next("end").data()).contains("\"lost\",\"reconnect\":true");
        plain.assertEnds();

        append("4");
        assertThat(data(notAhead.next("data"))).containsExactly("4");
        assertThat(data(ahead.next("data"))).containsExactly("4");
      }
    }
    assertThat(kept.offset()).isEqualTo(2);
  }

  @Test
  void noticesARestoreAlsoWhenMoreWasAppendedSince() {
    Position kept = append("1");
    InMemoryEventLog backup = log.backup();
    append("2");
    append("3");
    try (EventStream ahead = live("?offset=" + kept, ACCEPT)) {
      ahead.next("retry");
      ahead.next("data");
      ahead.next("control");

      log.restore(backup);
      for (int n = 12; n <= 16; n++) {
        log.appendAlone(topic, List.of(NewEvent.of("a", Integer.toString(n))));
      }

      ahead.next("reset");
      Frame snapshot = ahead.next("snapshot");
      // whatever is not in the snapshot comes after it
      int seen = Integer.parseInt(snapshot.data().replaceAll(".*\"events\":([0-9]+).*", "$1"));
      ahead.next("control");
      append("17");
      List<String> after = new ArrayList<>();
      while (!after.contains("17")) {
        after.addAll(data(ahead.skipTo("data")));
      }
      assertThat(after.getFirst()).isEqualTo(Integer.toString(11 + seen));
      assertThat(after).hasSize(7 - seen);
    }
  }

  /// Its position is of the history that is left, so nothing else would tell.
  @Test
  void asksForAccessAgainWhenTheHistoryMayHaveBeenUndone() {
    Position kept = append("1");
    TopicStream stream = TopicStream.of(topic, "anna", null);
    assertThat(entrance.enterAgain(stream, kept, true).at()).isEqualTo(kept);
    service.banned.add("anna");
    try {
      assertThatThrownBy(() -> entrance.enterAgain(stream, kept, true))
          .isInstanceOfSatisfying(
              StreamProblem.class,
              problem -> assertThat(problem.reason()).isEqualTo(Cause.NO_ACCESS));
    } finally {
      service.banned.clear();
    }
  }

  @Test
  void losesATopicThatTheBackupDoesNotHave() {
    InMemoryEventLog backup = log.backup();
    Position undone = append("1");
    try (EventStream stream = live("?offset=-1", ACCEPT)) {
      stream.next("retry");
      stream.next("data");
      stream.next("control");

      log.restore(backup);

      assertThat(stream.next("end").data()).contains("\"lost\",\"reconnect\":true");
      stream.assertEnds();
    }
    try (EventStream again = live("?offset=" + undone, ACCEPT)) {
      again.next("retry");
      again.next("reset");
      again.next("snapshot");
    }
  }

  /// The end is told by the head check alone, and the name is another topic's before that.
  @Test
  void tellsTheEndOfATopicWhoseNameIsUsedAgain() {
    Position last = append("1");
    try (EventStream stream = live("?offset=" + last, ACCEPT)) {
      stream.next("retry");
      stream.next("control");
      log.appendAlone(topic, List.of(NewEvent.of("deleted", "2")));
      log.delete(topic);
      log.appendAlone(topic, List.of(NewEvent.of("a", "3")));
      TopicStream other = TopicStream.of(topic, "anna", null);
      assertThat(entrance.enter(other, new From.Now(), false).at().offset()).isEqualTo(1);

      assertThat(stream.next("data").data()).contains("deleted");
      stream.next("control");
      assertThat(stream.next("end").data()).contains("\"deleted\",\"reconnect\":false");
      stream.assertEnds();
    }
  }

  @Test
  void aLongPollDoesNotVouchForAPositionThatWasUndoneMeanwhile() throws Exception {
    append("1");
    InMemoryEventLog backup = log.backup();
    Position undone = append("2");
    try (HttpClient http = HttpClient.newHttpClient()) {
      CompletableFuture<HttpResponse<String>> poll =
          http.sendAsync(
              HttpRequest.newBuilder(
                      URI.create(
                          "http://127.0.0.1:" + port + path("?live=long-poll&offset=" + undone)))
                  .build(),
              BodyHandlers.ofString());
      Awaitility.await().atMost(DEADLINE).until(() -> streams.open() == 1);
      log.restore(backup);
      assertThat(poll.get().statusCode()).isEqualTo(410);
    }
  }

  // --- many come back at once ---

  @Test
  void readsOfTheLogGrowWithTheSegmentsNotWithTheClients() throws Exception {
    List<Position> positions = new ArrayList<>();
    for (int n = 1; n <= 2_000; n++) {
      positions.add(append(Integer.toString(n)));
    }
    Awaitility.await().atMost(DEADLINE).until(() -> streams.open() == 0);
    int before = log.reads();
    AtomicBoolean wrong = new AtomicBoolean();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 400; i++) {
        int from = 500 + (i * 7) % 1_400;
        var _ =
            clients.submit(
                () -> {
                  try (EventStream stream =
                      live("?offset=" + positions.get(from - 1) + "&live=sse&as=c" + from)) {
                    int expected = from + 1;
                    while (expected <= 2_000) {
                      for (String n : data(stream.skipTo("data"))) {
                        wrong.compareAndSet(false, expected++ != Integer.parseInt(n));
                      }
                    }
                  } catch (RuntimeException | AssertionError e) {
                    wrong.set(true);
                    throw e;
                  }
                });
      }
    }
    assertThat(wrong).isFalse();
    // 128 events a segment
    assertThat(log.reads() - before).isLessThanOrEqualTo(2_000 / 128 + 2);
  }

  @Test
  void oneSnapshotServesAllWhoAreResetAtOnce() {
    append("1");
    Position lost = new Position(1, head().tag() ^ 1);
    List<EventStream> all = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      all.add(live("?offset=" + lost + "&as=c" + i, ACCEPT));
    }
    for (EventStream stream : all) {
      stream.next("retry");
      stream.next("reset");
      assertThat(Objects.requireNonNull(stream.next("snapshot").id())).isEqualTo(head().toString());
      stream.close();
    }
  }
}
