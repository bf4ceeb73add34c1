package io.plimsoll.acceptance.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The readers' own parsing, byte by byte: what they let pass, the checker never sees.
@Timeout(30)
class EventStreamTests {

  /// Answers one request with these bytes, in writes of this size, and closes.
  private static HttpStream answered(String answer, int size) throws IOException {
    ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              try (server;
                  Socket socket = server.accept()) {
                socket.setTcpNoDelay(true);
                byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
                for (int i = 0; i < bytes.length; i += size) {
                  socket.getOutputStream().write(bytes, i, Math.min(size, bytes.length - i));
                }
                socket.shutdownOutput();
                while (socket.getInputStream().read() >= 0) {
                  // until the client leaves
                }
              } catch (IOException _) {
                // the client left
              }
            });
    return HttpStream.open(
            server.getInetAddress().getHostAddress(), server.getLocalPort(), "/", Map.of(), 16)
        .answer();
  }

  private static String chunked(String... chunks) {
    StringBuilder body = new StringBuilder("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (String chunk : chunks) {
      int length = chunk.getBytes(StandardCharsets.UTF_8).length;
      body.append(Integer.toHexString(length)).append("\r\n").append(chunk).append("\r\n");
    }
    return body.toString();
  }

  private static List<String> events(HttpStream in) throws IOException {
    try (in) {
      EventStream stream = new EventStream(in, _ -> {});
      List<String> events = new ArrayList<>();
      while (stream.next()) {
        events.add(stream.type() + "|" + stream.dataText() + "|" + stream.lastEventId());
      }
      events.add("retry " + stream.retryMillis() + ", comments " + stream.comments());
      return events;
    }
  }

  @Test
  void readsFieldsOfEventsInChunksOfAnySize() throws Exception {
    String answer =
        chunked(
                "retry:1500\n\n:\n\nevent: da",
                "ta\ndata:[1,2]\nid:7\n",
                "\ndata: é\ndata:ü\r\n\r\nid:9\n\n: x\nevent:end\ndata\n\n")
            + "0\r\n\r\n";
    for (int size : new int[] {1, 2, 3, 7, 1_000}) {
      assertThat(events(answered(answer, size)))
          .containsExactly("data|[1,2]|7", "message|é\nü|7", "end||9", "retry 1500, comments 2");
    }
  }

  @Test
  void discardsAnEventThatTheEndCutsOff() throws Exception {
    assertThat(events(answered(chunked("data:1\nid:1\n\n", "data:2\nid:2\n") + "0\r\n\r\n", 5)))
        .containsExactly("message|1|1", "retry -1, comments 0");
  }

  @Test
  void noticesAConnectionThatBreaks() throws Exception {
    EventStream stream = new EventStream(answered(chunked("data:1\n\n"), 5), _ -> {});
    assertThat(stream.next()).isTrue();
    assertThatThrownBy(stream::next).isInstanceOf(IOException.class);
  }

  @Test
  void refusesAChunkThatIsLongerThanItSays() throws Exception {
    String answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata:1\n\n\r\n0\r\n\r\n";
    EventStream stream = new EventStream(answered(answer, 100), _ -> {});
    assertThatThrownBy(stream::next).isInstanceOf(IOException.class);
  }

  @Test
  void readsABodyByItsLengthOrToTheEnd() throws Exception {
    assertThat(answered("HTTP/1.1 503 Away\r\nContent-Length: 3\r\n\r\nabcd", 4).text())
        .isEqualTo("abc");
    assertThat(answered("HTTP/1.1 200 OK\r\n\r\nabcd", 4).text()).isEqualTo("abcd");
  }
}
