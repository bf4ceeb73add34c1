package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Shutdown under load.
class DrainTests {

  @Test
  void endsStreamsBetweenFramesAndFinishesWhatItBegan() throws Exception {
    TestStream idle = new TestStream();
    TestStream midFrame = new TestStream();
    TestStream stuck = new TestStream();
    Sinks.One<String> answer = Sinks.one();
    CountDownLatch asked = new CountDownLatch(1);
    try (TestUpstream upstream = new TestUpstream()) {
      upstream.answer(
          (request, response) ->
              switch (request.uri()) {
                case "/chat/idle" -> idle.serve(request, response);
                case "/chat/mid" -> midFrame.serve(request, response);
                case "/chat/stuck" -> stuck.serve(request, response);
                default -> {
                  asked.countDown();
                  yield response.sendString(answer.asMono());
                }
              });
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.upstream.drain", "1s"));
      try (RawClient idleClient = RawClient.stream(gateway, "/chat/idle");
          RawClient midClient = RawClient.stream(gateway, "/chat/mid");
          RawClient stuckClient = RawClient.stream(gateway, "/chat/stuck")) {
        idleClient.head();
        midClient.head();
        stuckClient.head();
        midFrame.write("data:half a ");
        midClient.chunk();
        stuck.write("data:half a ");
        stuckClient.chunk();
        CompletableFuture<HttpResponse<String>> ordinary =
            TestGateway.HTTP.sendAsync(
                gateway.authorized("/chat/slow").build(), BodyHandlers.ofString());
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        int port = gateway.port();
        // the rest of the frame comes while the gateway waits for it
        Thread writer =
            Thread.ofVirtual()
                .start(
                    () -> {
                      while (!Thread.interrupted()) {
                        midFrame.writeIfOpen("word ");
                        midFrame.writeIfOpen("frame\n\ndata:next");
                        java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
                      }
                    });
        CompletableFuture<Void> closing = CompletableFuture.runAsync(gateway::close);
        assertThat(idleClient.body())
            .matches(
                "retry: \\d{4}\\nevent: end\\ndata:\\{\"reason\":\"drain\",\"reconnect\":true}\\n\\n");
        assertThat(midClient.body())
            .matches(
                "(?s).*frame\\n\\nretry: \\d{4}\\nevent: end\\ndata:\\{\"reason\":\"drain\",\"reconnect\":true}\\n\\n");
        assertThatThrownBy(stuckClient::chunk).isInstanceOf(IOException.class);
        writer.interrupt();
        Awaitility.await().until(() -> refuses(port));
        assertThat(ordinary.isDone()).isFalse();
        answer.tryEmitValue("done").orThrow();
        assertThat(ordinary.get(10, TimeUnit.SECONDS).body()).isEqualTo("done");
        closing.get(20, TimeUnit.SECONDS);
        assertThat(idle.closed()).isTrue();
      }
    }
  }

  @Test
  void servesConnectionsUntilTheEndOfTheIntervalAndAsksThemToGo() throws Exception {
    Sinks.One<String> answer = Sinks.one();
    CountDownLatch asked = new CountDownLatch(1);
    try (TestUpstream upstream = new TestUpstream()) {
      upstream.answer(
          (request, response) -> {
            if (request.uri().equals("/chat/slow")) {
              asked.countDown();
              return response.sendString(answer.asMono());
            }
            return response.sendString(Mono.just("hello"));
          });
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.upstream.drain", "5s"));
      String authorization = "Authorization: Bearer " + TestKeys.token();
      try (RawClient served = RawClient.get(gateway, "/chat/v1", authorization);
          RawClient refused = RawClient.get(gateway, "/chat/v1", authorization);
          RawClient idle = RawClient.get(gateway, "/chat/v1", authorization);
          RawClient slow = RawClient.get(gateway, "/chat/slow", authorization)) {
        for (RawClient client : List.of(served, refused, idle)) {
          assertThat(client.head()).startsWith("HTTP/1.1 200 ").doesNotContain("onnection: close");
          assertThat(client.bytes(5)).isEqualTo("hello");
        }
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        int port = gateway.port();
        CompletableFuture<Void> closing = CompletableFuture.runAsync(gateway::close);
        Awaitility.await().pollInterval(Duration.ofMillis(10)).until(() -> refuses(port));
        answer.tryEmitValue("done").orThrow();
        assertThat(slow.rest()).startsWith("HTTP/1.1 200 ").contains("onnection: close", "done");
        served.send("GET /chat/v1 HTTP/1.1\r\nHost: gateway.test\r\n" + authorization + "\r\n\r\n");
        assertThat(served.head()).startsWith("HTTP/1.1 200 ").contains("onnection: close");
        assertThat(served.bytes(5)).isEqualTo("hello");
        assertThat(served.rest()).isEmpty();
        refused.send("GET /chat/v1 HTTP/1.1\r\nHost: gateway.test\r\n\r\n");
        assertThat(refused.rest()).startsWith("HTTP/1.1 401 ").contains("onnection: close");
        assertThat(closing.isDone()).isFalse();
        assertThat(idle.rest()).isEmpty();
        closing.get(20, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void sendsLongPollsElsewhere() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (TestUpstream upstream = new TestUpstream()) {
      upstream.answer(
          (_, _) -> {
            asked.countDown();
            return Mono.never();
          });
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.upstream.drain", "1s"));
      CompletableFuture<HttpResponse<String>> poll =
          TestGateway.HTTP.sendAsync(
              gateway.authorized("/chat/events?live=long-poll").build(), BodyHandlers.ofString());
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      gateway.close();
      HttpResponse<String> answer = poll.get(1, TimeUnit.SECONDS);
      RequestTests.problem(answer, 503, "unavailable");
      assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    }
  }

  @Test
  @Timeout(50)
  void waitsNotLongForWhoDoesNotRead() throws Exception {
    TestStream stream = new TestStream();
    try (TestUpstream upstream = new TestUpstream()) {
      upstream.answer(stream::serve);
      TestGateway gateway =
          new TestGateway(
              upstream.url(),
              Map.of(
                  "plimsoll.gateway.upstream.drain", "1s",
                  "spring.lifecycle.timeout-per-shutdown-phase", "60s"));
      try (RawClient client = RawClient.stream(gateway, "/chat/events")) {
        client.head();
        stream.writeUntilUnread(gateway, "data:" + "x".repeat(8_000) + "\n\n");
        gateway.close();
      }
    }
  }

  /// The stream is read no further while its client is behind, wherever in a frame that is.
  @Test
  void tellsTheEndToWhoReadsLate() throws Exception {
    TestStream stream = new TestStream();
    try (TestUpstream upstream = new TestUpstream()) {
      upstream.answer(stream::serve);
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.upstream.drain", "1s"));
      try (RawClient client = RawClient.stream(gateway, "/chat/events")) {
        client.head();
        String half = "data:" + "x".repeat(100_000);
        stream.write(half);
        stream.writeUntilUnread(gateway, "y".repeat(8_000));
        stream.write("\n\ndata:next");
        CompletableFuture<Void> closing = leave(gateway);
        assertThat(client.body())
            .matches(
                "(?s)data:x+y+\\n\\nretry: \\d{4}\\nevent: end\\ndata:\\{\"reason\":\"drain\",\"reconnect\":true}\\n\\n");
        closing.get(20, TimeUnit.SECONDS);
      }
    }
  }

  /// A client that is behind again and again gives a service no more time for an event.
  @Test
  void endsAnEventThatDoesNotEnd() throws Exception {
    TestStream stream = new TestStream();
    try (TestUpstream upstream = new TestUpstream()) {
      upstream.answer(stream::serve);
      TestGateway gateway =
          new TestGateway(upstream.url(), Map.of("plimsoll.gateway.upstream.drain", "1s"));
      try (RawClient client = RawClient.stream(gateway, "/chat/events")) {
        client.head();
        stream.write("data:");
        for (int i = 0; i < 16; i++) {
          stream.write("x".repeat(1_000_000));
        }
        Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") > 0);
        CompletableFuture<Void> closing = leave(gateway);
        AtomicInteger read = new AtomicInteger();
        assertThatThrownBy(
                () -> {
                  for (byte[] chunk = client.chunk(); chunk != null; chunk = client.chunk()) {
                    read.addAndGet(chunk.length);
                  }
                })
            .isInstanceOf(IOException.class);
        assertThat(read.get()).isLessThan(2_000_000); // what was under way, and one more
        closing.get(20, TimeUnit.SECONDS);
      }
    }
  }

  /// Begins to close it, and waits until all streams were told.
  private static CompletableFuture<Void> leave(TestGateway gateway) throws InterruptedException {
    CompletableFuture<Void> closing = CompletableFuture.runAsync(gateway::close);
    Awaitility.await().until(() -> refuses(gateway.port()));
    Thread.sleep(1_500); // drain takes a second
    return closing;
  }

  private static boolean refuses(int port) {
    try (RawClient _ = new RawClient(port)) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
