package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/// Services that are away, frozen or break off, alone and with a second instance.
class FaultTests {

  private static final String END =
      "retry: [1-5]\\d{3}\\nevent: end\\ndata:\\{\"reason\":\"unavailable\",\"reconnect\":true}\\n\\n";

  private @Nullable TestGateway gateway;

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
  }

  private TestGateway gateway(String... upstreams) {
    gateway =
        new TestGateway(
            String.join(",", upstreams),
            Map.of(
                "plimsoll.gateway.upstream.head-timeout", "800ms",
                "plimsoll.gateway.upstream.long-poll-timeout", "4s",
                "plimsoll.gateway.upstream.stream-head-timeout", "500ms"));
    return gateway;
  }

  /// A port on which nobody listens.
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String nobody() throws IOException {
    return "http://127.0.0.1:" + freePort();
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return TestGateway.HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static void retryLater(HttpResponse<String> response, int status, String cause) {
    RequestTests.problem(response, status, cause);
    assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
  }

  @Test
  void tellsClientsToComeBackWhileTheServiceIsAway() throws Exception {
    TestGateway gateway = gateway(nobody());
    retryLater(send(gateway.authorized("/chat/v1")), 503, "unavailable");
    retryLater(
        send(gateway.authorized("/chat/v1").POST(BodyPublishers.ofString("{}"))),
        503,
        "unavailable");
    retryLater(send(gateway.authorized("/chat/v1?offset=-1&live=sse")), 503, "unavailable");
    HttpResponse<String> stream =
        send(gateway.authorized("/chat/v1").header("Accept", "text/event-stream"));
    assertThat(stream.statusCode()).isEqualTo(200);
    assertThat(stream.headers().firstValue("Content-Type")).hasValue("text/event-stream");
    assertThat(stream.headers().firstValue("Cache-Control")).hasValue("no-cache, no-transform");
    assertThat(stream.body()).matches(END);
    // what was not done must not look done
    retryLater(
        send(
            gateway
                .authorized("/chat/v1")
                .header("Accept", "application/json, text/event-stream")
                .POST(BodyPublishers.ofString("{}"))),
        503,
        "unavailable");
    // what stops a client for good stays an error
    assertThat(send(gateway.request("/chat/v1").header("Accept", "text/event-stream")).statusCode())
        .isEqualTo(401);
  }

  /// The next caller would get it as the beginning of his answer.
  @ParameterizedTest
  @CsvSource({
    "HEAD, 200 OK, 5, hello",
    "GET, 204 No Content, , x",
    "GET, 200 OK, 0, 'HTTP/1.1 200 OK|X-From-Another: '",
    "GET, 200 OK, 2, 'okHTTP/1.1 200 OK|X-From-Another: yes|Content-Length: 5||stale'"
  })
  void doesNotUseAConnectionAgainWhoseAnswerHadMore(
      String method, String status, @Nullable String length, String body) throws Exception {
    try (RawUpstream upstream =
        new RawUpstream(
            (here, socket) -> {
              here.request(socket);
              String answer =
                  "HTTP/1.1 "
                      + status
                      + (length == null ? "" : "|Content-Length: " + length)
                      + "||"
                      + body;
              for (int i = 0; i < 10; i++) {
                socket
                    .getOutputStream()
                    .write(answer.replace("|", "\r\n").getBytes(StandardCharsets.UTF_8));
                here.request(socket);
                answer = "HTTP/1.1 200 OK|Content-Length: 3||own";
              }
            })) {
      TestGateway gateway = gateway(upstream.url());
      for (int i = 0; i < 6; i++) {
        HttpResponse<String> answer =
            send(gateway.authorized("/chat/v1").method(method, BodyPublishers.noBody()));
        assertThat(answer.statusCode()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
        assertThat(answer.headers().firstValue("X-From-Another")).isEmpty();
        assertThat(answer.body()).isIn("", "ok");
      }
      assertThat(upstream.requests()).hasSize(6);
    }
  }

  /// Streams that nobody could know of have a connection of those for ordinary requests at first.
  @Test
  void streamsTakeNoPlacesOfOrdinaryRequests() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      upstream.answer(
          (_, response) ->
              response
                  .header("Content-Type", "text/event-stream")
                  .sendString(Mono.just("data:1\n\n")));
      gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.upstream.connections", "2"));
      for (int i = 0; i < 12; i++) {
        assertThat(send(gateway.authorized("/chat/v1").POST(BodyPublishers.ofString("{}"))).body())
            .startsWith("data:1\n\n");
      }
      upstream.reset();
      CountDownLatch both = new CountDownLatch(2);
      upstream.answer(
          (_, response) -> {
            both.countDown();
            return response.sendString(
                Mono.fromCallable(() -> both.await(10, TimeUnit.SECONDS) ? "both" : "one")
                    .subscribeOn(Schedulers.boundedElastic()));
          });
      // on each loop, of which there may be several
      List<CompletableFuture<HttpResponse<String>>> answers =
          Stream.generate(
                  () ->
                      TestGateway.HTTP.sendAsync(
                          gateway.authorized("/chat/v1").build(), BodyHandlers.ofString()))
              .limit(2)
              .toList();
      for (CompletableFuture<HttpResponse<String>> answer : answers) {
        assertThat(answer.get(30, TimeUnit.SECONDS).body()).isEqualTo("both");
      }
    }
  }

  @Test
  void usesAServiceAsSoonAsItIsBack() throws Exception {
    int port = freePort();
    TestGateway gateway = gateway("http://127.0.0.1:" + port);
    for (int i = 0; i < 5; i++) {
      assertThat(send(gateway.authorized("/chat/v1")).statusCode()).isEqualTo(503);
    }
    try (TestUpstream upstream = new TestUpstream(port)) {
      assertThat(send(gateway.authorized("/chat/v1")).body()).isEqualTo("hello");
      assertThat(upstream.seen()).hasSize(1);
    }
  }

  @Test
  void doesNotWaitForAFrozenService() throws Exception {
    try (RawUpstream frozen = RawUpstream.frozen()) {
      TestGateway gateway = gateway(frozen.url());
      retryLater(send(gateway.authorized("/chat/v1")), 504, "timeout");
      retryLater(
          send(gateway.authorized("/chat/v1").POST(BodyPublishers.ofString("{}"))), 504, "timeout");
      assertThat(send(gateway.authorized("/chat/v1").header("Accept", "text/event-stream")).body())
          .matches(END);
      assertThat(frozen.requests()).hasSize(3);
    }
  }

  @Test
  void goesToAnotherInstanceWhenOneRefuses() throws Exception {
    try (TestUpstream good = new TestUpstream()) {
      TestGateway gateway = gateway(nobody(), good.url());
      for (int i = 0; i < 6; i++) {
        assertThat(
                send(gateway.authorized("/chat/v1").POST(BodyPublishers.ofString("{}")))
                    .statusCode())
            .isEqualTo(200);
        try (RawClient client = RawClient.stream(gateway, "/chat/v1")) {
          assertThat(client.head()).startsWith("HTTP/1.1 200 ");
        }
      }
      assertThat(good.seen()).hasSize(12);
    }
  }

  @Test
  void repeatsAtAnotherInstanceWhatMayBeRepeated() throws Exception {
    try (RawUpstream frozen = RawUpstream.frozen();
        RawUpstream resetting = RawUpstream.resetting();
        TestUpstream good = new TestUpstream()) {
      good.answer(
          (request, response) ->
              response.sendString(
                  request
                      .receive()
                      .asString()
                      .reduce("", String::concat)
                      .map(body -> request.method() + " " + body)));
      for (RawUpstream bad : new RawUpstream[] {frozen, resetting}) {
        try (TestGateway gateway = gateway(bad.url(), good.url())) {
          assertThat(
                  send(gateway.authorized("/chat/v1").PUT(BodyPublishers.ofString("{\"a\":1}")))
                      .body())
              .isEqualTo("PUT {\"a\":1}");
          assertThat(bad.requests()).hasSize(1);
        }
        bad.requests().clear();
      }
    }
  }

  @Test
  void neverRepeatsAPostThatMayHaveArrived() throws Exception {
    try (RawUpstream frozen = RawUpstream.frozen();
        RawUpstream resetting = RawUpstream.resetting();
        TestUpstream good = new TestUpstream()) {
      for (RawUpstream bad : new RawUpstream[] {frozen, resetting}) {
        try (TestGateway gateway = gateway(bad.url(), good.url())) {
          HttpResponse<String> response =
              send(gateway.authorized("/chat/v1").POST(BodyPublishers.ofString("{}")));
          assertThat(response.statusCode()).isIn(503, 504);
          assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
          assertThat(bad.requests()).hasSize(1);
        }
      }
      assertThat(good.seen()).isEmpty();
    }
  }

  @Test
  void repeatsOnceOnly() throws Exception {
    try (RawUpstream a = RawUpstream.resetting();
        RawUpstream b = RawUpstream.resetting();
        RawUpstream c = RawUpstream.resetting()) {
      TestGateway gateway = gateway(a.url(), b.url(), c.url());
      retryLater(send(gateway.authorized("/chat/v1")), 503, "unavailable");
      assertThat(a.requests().size() + b.requests().size() + c.requests().size()).isEqualTo(2);
    }
  }

  @Test
  void sharesRequestsAmongInstances() throws Exception {
    try (TestUpstream a = new TestUpstream();
        TestUpstream b = new TestUpstream()) {
      TestGateway gateway = gateway(a.url(), b.url());
      for (int i = 0; i < 10; i++) {
        send(gateway.authorized("/chat/v1"));
      }
      assertThat(a.seen()).hasSize(5);
      assertThat(b.seen()).hasSize(5);
    }
  }

  @Test
  void passesAFrozenInstanceOverForAWhile() throws Exception {
    try (RawUpstream frozen = RawUpstream.frozen();
        TestUpstream good = new TestUpstream()) {
      TestGateway gateway =
          new TestGateway(
              frozen.url() + "," + good.url(),
              Map.of(
                  "plimsoll.gateway.upstream.head-timeout", "500ms",
                  "plimsoll.gateway.upstream.away-min", "1m",
                  "plimsoll.gateway.upstream.away-max", "1m"));
      this.gateway = gateway;
      for (int i = 0; i < 10; i++) {
        assertThat(send(gateway.authorized("/chat/v1")).statusCode()).isEqualTo(200);
      }
      assertThat(frozen.requests()).hasSize(1);
    }
  }

  @Test
  void triesAnInstanceThatFailedAgain() throws Exception {
    int port = freePort();
    try (TestUpstream good = new TestUpstream()) {
      TestGateway gateway = gateway("http://127.0.0.1:" + port, good.url());
      for (int i = 0; i < 4; i++) {
        assertThat(send(gateway.authorized("/chat/v1")).statusCode()).isEqualTo(200);
      }
      try (TestUpstream back = new TestUpstream(port)) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(
                () -> {
                  assertThat(send(gateway.authorized("/chat/v1")).statusCode()).isEqualTo(200);
                  return back.seen().size() > 2;
                });
      }
    }
  }

  @Test
  void survivesKeptConnectionsThatTheServiceClosed() throws Exception {
    int port;
    TestGateway gateway;
    try (TestUpstream before = new TestUpstream()) {
      port = before.port();
      gateway = gateway(before.url());
      assertThat(send(gateway.authorized("/chat/v1")).body()).isEqualTo("hello");
    }
    try (TestUpstream after = new TestUpstream(port)) {
      assertThat(send(gateway.authorized("/chat/v1")).body()).isEqualTo("hello");
      assertThat(after.seen()).hasSize(1);
    }
  }

  @Test
  void breaksOffWhereAnAnswerBreaksOff() throws Exception {
    try (RawUpstream half =
        RawUpstream.answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + "x".repeat(500_000))) {
      TestGateway gateway = gateway(half.url());
      assertThatThrownBy(() -> send(gateway.authorized("/chat/v1")))
          .isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "half"})
  void saysSoWhenAnAnswerBreaksOffBeforeAnyOfItIsSent(String begun) throws Exception {
    try (RawUpstream none =
        RawUpstream.answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: \"x\"\r\nContent-Type: text/plain\r\n\r\n"
                + begun)) {
      TestGateway gateway = gateway(none.url());
      HttpResponse<String> response = send(gateway.authorized("/chat/v1"));
      retryLater(response, 503, "unavailable");
      assertThat(response.headers().firstValue("ETag")).isEmpty();
    }
  }

  @Test
  void readsTheOneCodingHoweverItIsWritten() throws Exception {
    try (RawUpstream chunked =
        RawUpstream.answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")) {
      HttpResponse<String> response = send(gateway(chunked.url()).authorized("/chat/v1"));
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("ok");
    }
  }

  /// Nobody asked for another protocol either, nor for another transfer coding.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH_9.2",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket",
        "HTTP/1.1 000 None\r\nContent-Length: 0",
        "HTTP/1.1 1000 More\r\nContent-Length: 0",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: gzip, chunked"
      })
  void answersGarbageWith503(String what) throws Exception {
    try (RawUpstream garbage = RawUpstream.answering(what + "\r\n\r\n")) {
      TestGateway gateway = gateway(garbage.url());
      retryLater(send(gateway.authorized("/chat/v1")), 503, "unavailable");
    }
  }

  @Test
  void waitsLongerForALongPoll() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway = gateway(upstream.url());
      upstream.answer(
          (_, response) ->
              response.status(204).send(Mono.delay(Duration.ofSeconds(2)).then(Mono.empty())));
      assertThat(send(gateway.authorized("/chat/v1?live=long-poll&offset=-1")).statusCode())
          .isEqualTo(204);
      retryLater(send(gateway.authorized("/chat/v1?offset=-1")), 504, "timeout");
    }
  }

  @Test
  void aStreamThatWasNotAskedForIsNotCutByTheTimeOutOfOrdinaryAnswers() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway = gateway(upstream.url());
      upstream.answer(
          (_, response) ->
              response
                  .header("Content-Type", "text/event-stream")
                  .sendString(
                      Flux.concat(
                          Mono.just("data:1\n\n"),
                          Mono.just("data:2\n\n").delayElement(Duration.ofMillis(1500)))));
      assertThat(send(gateway.authorized("/chat/v1")).body()).isEqualTo("data:1\n\ndata:2\n\n");
    }
  }

  @Test
  void turnsAServicesRefusalIntoAnEndForEventSources() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway = gateway(upstream.url());
      for (int status : new int[] {502, 503, 504}) {
        upstream.answer((_, response) -> response.status(status).send());
        assertThat(
                send(gateway.authorized("/chat/v1").header("Accept", "text/event-stream")).body())
            .matches(END);
        assertThat(send(gateway.authorized("/chat/v1")).statusCode()).isEqualTo(status);
      }
      upstream.answer((_, response) -> response.status(429).send());
      assertThat(send(gateway.authorized("/chat/v1").header("Accept", "text/event-stream")).body())
          .contains("\"rate_limited\"");
      upstream.answer((_, response) -> response.status(404).send());
      assertThat(
              send(gateway.authorized("/chat/v1").header("Accept", "text/event-stream"))
                  .statusCode())
          .isEqualTo(404);
    }
  }

  @Test
  void cancelsTheServicesWorkWhenTheClientLeavesBeforeTheAnswer() throws Exception {
    AtomicInteger closed = new AtomicInteger();
    try (RawUpstream frozen =
        new RawUpstream(
            (upstream, socket) -> {
              upstream.request(socket);
              if (socket.getInputStream().read() < 0) {
                closed.incrementAndGet();
              }
            })) {
      TestGateway gateway = gateway(frozen.url());
      try (RawClient _ =
          RawClient.get(
              gateway, "/chat/v1?live=long-poll", "Authorization: Bearer " + TestKeys.token())) {
        Awaitility.await().until(() -> frozen.requests().size() == 1);
      }
      Awaitility.await().atMost(Duration.ofSeconds(3)).until(() -> closed.get() == 1);
    }
  }

  @Test
  void aSlowReaderHoldsTheServiceBackAndNoMemory() throws Exception {
    byte[] frame = ("data:" + "x".repeat(1000) + "\n\n").getBytes(StandardCharsets.US_ASCII);
    AtomicInteger frames = new AtomicInteger();
    try (RawUpstream eager =
        new RawUpstream(
            (upstream, socket) -> {
              upstream.request(socket);
              socket
                  .getOutputStream()
                  .write(
                      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                          .getBytes(StandardCharsets.US_ASCII));
              while (frames.get() < 200_000) {
                socket.getOutputStream().write(frame);
                frames.incrementAndGet();
              }
            })) {
      TestGateway gateway = gateway(eager.url());
      try (RawClient client = RawClient.stream(gateway, "/chat/v1")) {
        client.head();
        AtomicInteger before = new AtomicInteger(-1);
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofSeconds(1))
            .until(() -> before.getAndSet(frames.get()) == frames.get());
        // what the kernel holds on four sides, and little more; unbounded it would be 200 MB
        assertThat(frames.get()).isLessThan(40_000);
        long read = 0;
        while (read < 50_000_000) {
          byte[] chunk = client.chunk();
          read += chunk == null ? 0 : chunk.length;
        }
      }
    }
  }

  @Test
  void refusesAtOnceWhatIsMoreThanAServiceTakes() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway =
          new TestGateway(
              upstream.url(),
              Map.of(
                  "plimsoll.gateway.upstream.concurrency-min", "2",
                  "plimsoll.gateway.upstream.concurrency-max", "2"));
      this.gateway = gateway;
      Sinks.One<String> answer = Sinks.one();
      upstream.answer((_, response) -> response.sendString(answer.asMono()));
      List<CompletableFuture<HttpResponse<String>>> underWay = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        underWay.add(
            TestGateway.HTTP.sendAsync(
                gateway.authorized("/chat/v1").build(), BodyHandlers.ofString()));
      }
      Awaitility.await().until(() -> upstream.seen().size() == 2);
      retryLater(send(gateway.authorized("/chat/v1")), 503, "busy");
      // who waits on purpose is not counted
      for (int i = 0; i < 3; i++) {
        underWay.add(
            TestGateway.HTTP.sendAsync(
                gateway.authorized("/chat/v1?live=long-poll").build(), BodyHandlers.ofString()));
      }
      Awaitility.await().until(() -> upstream.seen().size() == 5);
      answer.tryEmitValue("done").orThrow();
      for (CompletableFuture<HttpResponse<String>> one : underWay) {
        assertThat(one.get(10, TimeUnit.SECONDS).body()).isEqualTo("done");
      }
      assertThat(send(gateway.authorized("/chat/v1")).body()).isEqualTo("done");
    }
  }

  /// Whoever sends or reads slowly costs the service nothing, and others nothing either. One
  /// address gets two of four places, and each of the next ones one.
  @Test
  void slowClientsTakeNoPlacesOfAService() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway =
          new TestGateway(
              upstream.url(),
              Map.of(
                  "plimsoll.gateway.upstream.concurrency-min", "2",
                  "plimsoll.gateway.upstream.concurrency-max", "2",
                  "plimsoll.gateway.upstream.connections", "4",
                  "plimsoll.gateway.trusted-proxies", "127.0.0.1/32",
                  "plimsoll.gateway.unread-timeout", "5s"));
      this.gateway = gateway;
      List<String> from =
          Stream.of("10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3")
              .map(address -> "X-Forwarded-For: " + address)
              .toList();
      upstream.answer(
          (request, response) ->
              request.uri().endsWith("/large")
                  ? response.sendByteArray(Flux.range(0, 400).map(_ -> new byte[100_000]))
                  : response.sendString(
                      request.receive().aggregate().asString().defaultIfEmpty("").map(_ -> "ok")));
      List<RawClient> slow = new ArrayList<>();
      try {
        String upload =
            "POST /chat/v1/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + TestKeys.token()
                + "\r\nTransfer-Encoding: chunked\r\n";
        for (int i = 0; i < 8; i++) {
          RawClient little = new RawClient(gateway.port());
          slow.add(little);
          little.send(upload + "\r\n1\r\nx\r\n");
        }
        // more than is held, so that it passes through
        String much = "\r\n\r\n15f90\r\n" + "x".repeat(90_000) + "\r\n";
        for (int i = 0; i < 4; i++) {
          RawClient one = new RawClient(gateway.port());
          slow.add(one);
          one.send(upload + from.get(i) + much);
          int passing = i + 1;
          Awaitility.await().until(() -> upstream.seen().size() == passing);
          if (passing == 2) {
            try (RawClient third = new RawClient(gateway.port())) {
              third.send(upload + from.get(0) + much);
              assertThat(third.head()).startsWith("HTTP/1.1 503 ");
            }
          }
        }
        assertThat(send(gateway.authorized("/chat/v1")).body()).isEqualTo("ok");
        for (int i = 0; i < 4; i++) {
          slow.add(
              RawClient.get(
                  gateway,
                  "/chat/v1/large",
                  from.get(i),
                  "Authorization: Bearer " + TestKeys.token()));
          int begun = 6 + i;
          Awaitility.await().until(() -> upstream.seen().size() >= begun);
          Awaitility.await().until(() -> send(gateway.authorized("/chat/v1")).statusCode() == 200);
        }
        // one more than may wait for its client is cut, and so are, in time, all the others
        slow.add(
            RawClient.get(
                gateway,
                "/chat/v1/large",
                from.getFirst(),
                "Authorization: Bearer " + TestKeys.token()));
        for (int last = 1; last <= 2; last++) {
          RawClient one = slow.get(slow.size() - last);
          assertThatThrownBy(() -> readAll(one))
              .isInstanceOf(IOException.class)
              .isNotInstanceOf(SocketTimeoutException.class);
        }
        assertThat(send(gateway.authorized("/chat/v1")).body()).isEqualTo("ok");
      } finally {
        for (RawClient client : slow) {
          client.close();
        }
      }
    }
  }

  private static void readAll(RawClient client) throws Exception {
    Thread.sleep(6_000);
    client.head();
    client.body();
  }

  /// Who sends slowly has not shown that the service is away.
  @Test
  void aSlowUploadIsItsSendersFault() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway =
          new TestGateway(
              upstream.url(), Map.of("plimsoll.gateway.upstream.send-timeout", "700ms"));
      this.gateway = gateway;
      upstream.answer((request, response) -> request.receive().then().then(response.send()));
      try (RawClient client = new RawClient(gateway.port())) {
        client.send(
            "POST /chat/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nAuthorization: Bearer "
                + TestKeys.token()
                + "\r\n\r\nand so on");
        assertThat(client.rest())
            .startsWith("HTTP/1.1 408 ")
            .contains("\"urn:plimsoll:problem:body-timeout\"");
      }
      assertThat(gateway.gauge("plimsoll.gateway.away")).isZero();
    }
  }

  /// Nor has one whose service's patience was at its end first.
  @Test
  void aServiceThatGivesUpOnASlowUploadIsNotAway() throws Exception {
    try (RawUpstream upstream =
        new RawUpstream(
            (here, socket) -> {
              try (socket) {
                socket.setSoTimeout(500);
                here.request(socket); // up to a body that does not come
              }
            })) {
      TestGateway gateway = gateway(upstream.url());
      try (RawClient client = new RawClient(gateway.port())) {
        client.send(
            "POST /chat/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nAuthorization: Bearer "
                + TestKeys.token()
                + "\r\n\r\nand so on");
        assertThat(client.head()).startsWith("HTTP/1.1 503 ");
      }
      assertThat(upstream.requests()).hasSize(1);
      assertThat(gateway.gauge("plimsoll.gateway.away")).isZero();
    }
  }

  /// The service's pause is none of the client's.
  @Test
  void anUploadThatTheServiceDoesNotTakeIsTheServicesFault() throws Exception {
    try (RawUpstream upstream =
        new RawUpstream(
            (here, socket) -> {
              while (socket.getInputStream().read() != '\n') {
                // up to the end of the first line
              }
            })) {
      TestGateway gateway =
          new TestGateway(
              upstream.url(),
              Map.of(
                  "plimsoll.gateway.body-timeout", "500ms",
                  "plimsoll.gateway.upstream.send-timeout", "2s",
                  "plimsoll.gateway.upstream.body-limit", "100MB"));
      this.gateway = gateway;
      try (RawClient client = new RawClient(gateway.port())) {
        client.send(
            "POST /chat/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\nAuthorization: Bearer "
                + TestKeys.token()
                + "\r\n\r\n");
        Thread.startVirtualThread(
            () -> {
              try {
                while (true) {
                  client.send("x".repeat(100_000));
                }
              } catch (IOException e) {
                // closed
              }
            });
        // a client that sends on may not see the answer
        Awaitility.await().until(() -> gateway.answered("504") == 1);
        assertThat(gateway.answered("408")).isZero();
      }
    }
  }

  /// What the service has done with is held for no client for ever.
  @Test
  void givesUpOnClientsThatDoNotReadWholeAnswers() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.unread-timeout", "1s"));
      this.gateway = gateway;
      upstream.answer((_, response) -> response.sendByteArray(Mono.just(new byte[100_000])));
      String request =
          "GET /chat/v1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
              + TestKeys.token()
              + "\r\n\r\n";
      try (RawClient client = new RawClient(gateway.port())) {
        client.send(request.repeat(120));
        Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") > 0);
        Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
        assertThat(client.rest().length()).isLessThan(120 * 100_000);
      }
    }
  }

  /// Nor is a stream, and its service is read no further than the client reads.
  @Test
  void givesUpOnClientsThatDoNotReadStreams() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.unread-timeout", "1s"));
      this.gateway = gateway;
      TestStream events = new TestStream();
      upstream.answer(events::serve);
      events.write("data:" + "x".repeat(30_000_000) + "\n\n");
      try (RawClient client = RawClient.stream(gateway, "/chat/v1/events")) {
        Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") > 0);
        assertThat(gateway.gauge("plimsoll.gateway.memory.bytes")).isLessThan(200_000);
        assertThat(events.closed()).isTrue();
        assertThat(gateway.gauge("plimsoll.gateway.memory.bytes")).isZero();
        assertThat(client.rest().length()).isLessThan(30_000_000);
      }
    }
  }

  /// Of what is held of bodies one address has half.
  @Test
  void boundsTheBodiesThatAreHeld() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.memory", "1MB"));
      this.gateway = gateway;
      List<RawClient> slow = new ArrayList<>();
      try {
        for (int i = 0; i < 20; i++) {
          RawClient one = new RawClient(gateway.port());
          slow.add(one);
          one.send(
              "POST /chat/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\nAuthorization: Bearer "
                  + TestKeys.token()
                  + "\r\n\r\n"
                  + "x".repeat(50_000));
        }
        Awaitility.await().until(() -> gateway.answered("503") > 5);
        assertThat(gateway.answered("503")).isLessThan(15);
        assertThat(gateway.gauge("plimsoll.gateway.memory.bytes")).isLessThan(600_000);
        assertThat(send(gateway.authorized("/chat/v1")).statusCode()).isEqualTo(200);
      } finally {
        for (RawClient client : slow) {
          client.close();
        }
      }
      Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
      HttpRequest.Builder post =
          gateway.authorized("/chat/v1").POST(BodyPublishers.ofString("x".repeat(60_000)));
      assertThat(send(post).statusCode()).isEqualTo(200);
    }
  }

  /// Nor may one come drop by drop for ever.
  @Test
  void waitsForAHeldBodyAsLongAsForOthers() throws Exception {
    try (TestUpstream upstream = new TestUpstream()) {
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.upstream.send-timeout", "1s"));
      this.gateway = gateway;
      try (RawClient client = new RawClient(gateway.port())) {
        client.send(
            "POST /chat/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nAuthorization: Bearer "
                + TestKeys.token()
                + "\r\n\r\n");
        Thread.startVirtualThread(
            () -> {
              try {
                for (int i = 0; i < 100; i++) {
                  client.send("x");
                  Thread.sleep(200);
                }
              } catch (IOException | InterruptedException e) {
                // closed
              }
            });
        assertThat(client.head()).startsWith("HTTP/1.1 408 ");
      }
    }
  }
}
