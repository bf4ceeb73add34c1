package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Event streams through the gateway.
class StreamTests {

  private static final TestUpstream upstream = new TestUpstream();
  private static final TestGateway gateway =
      new TestGateway(upstream.url(), Map.of("plimsoll.gateway.upstream.stream-silence", "2s"));

  private TestStream stream = new TestStream();

  @AfterAll
  static void stop() {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void reset() {
    upstream.reset();
    stream = new TestStream();
    upstream.answer(stream::serve);
  }

  @Test
  void sendsTheHeadBeforeTheFirstEvent() throws Exception {
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      assertThat(client.head())
          .startsWith("HTTP/1.1 200 ")
          .containsIgnoringCase("Content-Type: text/event-stream\r\n")
          .containsIgnoringCase("Cache-Control: no-cache, no-transform\r\n")
          .containsIgnoringCase("X-Accel-Buffering: no\r\n");
    }
  }

  /// Where a frame ends can't be seen in another coding.
  @Test
  void asksForStreamsInNoContentCoding() throws Exception {
    try (RawClient client =
        RawClient.get(
            gateway,
            "/chat/v1/me/events",
            "Authorization: Bearer " + TestKeys.token(),
            "Accept: text/event-stream",
            "Accept-Encoding: gzip, br")) {
      client.head();
    }
    assertThat(upstream.seen().getLast().headers().getAll("Accept-Encoding"))
        .containsExactly("identity");
  }

  @Test
  void passesEachWriteAtOnceAndByteForByte() throws Exception {
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      client.head();
      String[] writes = {
        ":\n\n", "event: data\nda", "ta:[\"é😀", "\"]\r\nid:1", "\r\n\r\n", "data:\n", "\n\n\ndata"
      };
      for (String write : writes) {
        stream.write(write);
        assertThat(new String(client.chunk(), StandardCharsets.UTF_8)).isEqualTo(write);
      }
      stream.finish();
      assertThat(client.chunk()).isNull();
    }
  }

  @Test
  void passesAStreamOfAFewAnnouncedBytesAtOnce() throws Exception {
    upstream.answer(
        (request, response) ->
            stream.serve(request, response.header("Content-Length", "" + 2 * ":\n\n".length())));
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      assertThat(client.head()).doesNotContainIgnoringCase("Content-Length");
      for (int i = 0; i < 2; i++) {
        stream.write(":\n\n");
        assertThat(new String(client.chunk(), StandardCharsets.UTF_8)).isEqualTo(":\n\n");
      }
      assertThat(client.chunk()).isNull();
    }
  }

  @Test
  void closesTheConnectionOfAStreamWhoseRequestIsNotWhole() throws Exception {
    upstream.answer(
        (request, response) -> stream.serve(request, response.header("Content-Length", "1000")));
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(
          "POST /chat/v1/me/events HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\nAuthorization: Bearer "
              + TestKeys.token()
              + "\r\n\r\n"
              + "x".repeat(100_000));
      assertThat(client.head())
          .startsWith("HTTP/1.1 200 ")
          .containsIgnoringCase("Connection: close\r\n")
          .doesNotContainIgnoringCase("Content-Length");
      stream.write(":" + "x".repeat(997) + "\n\n");
      assertThat(client.chunk()).hasSize(1_000);
      assertThat(client.chunk()).isNull();
      assertThat(client.closed()).isTrue();
    }
  }

  @Test
  void answersAnEmptyStreamWhole() throws Exception {
    upstream.answer(
        (_, response) ->
            response
                .header("Content-Type", "text/event-stream")
                .header("Content-Length", "0")
                .send());
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      assertThat(client.head()).containsIgnoringCase("Content-Length: 0\r\n");
    }
  }

  @Test
  void closesTheServicesConnectionWhenTheClientLeaves() throws Exception {
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      client.head();
      stream.write(":\n\n");
      client.chunk();
    }
    assertThat(stream.closed()).isTrue();
  }

  @Test
  void closesTheServicesConnectionWhenTheClientLeavesBeforeTheFirstByte() throws Exception {
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      client.head();
    }
    assertThat(stream.closed()).isTrue();
  }

  @Test
  void breaksOffWhereTheServiceBreaksOff() throws Exception {
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      client.head();
      stream.write("data:half a ");
      client.chunk();
      stream.breakOff();
      assertThatThrownBy(client::chunk).isInstanceOf(IOException.class);
    }
  }

  @Test
  void endsASilentStreamBetweenTwoFrames() throws Exception {
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      client.head();
      stream.write("data:1\n\n");
      assertThat(client.body())
          .startsWith("data:1\n\nretry: ")
          .endsWith("\nevent: end\ndata:{\"reason\":\"unavailable\",\"reconnect\":true}\n\n");
    }
    assertThat(stream.closed()).isTrue();
  }

  @Test
  void closesASilentStreamWithinAFrame() throws Exception {
    try (RawClient client = RawClient.stream(gateway, "/chat/v1/me/events")) {
      client.head();
      stream.write("data:half a ");
      client.chunk();
      assertThatThrownBy(client::chunk).isInstanceOf(IOException.class);
    }
    assertThat(stream.closed()).isTrue();
  }
}
