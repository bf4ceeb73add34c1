package io.plimsoll.subscriptions.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A client that reads an event stream byte by byte and forgives nothing: neither in the chunks nor
/// in the form that the Durable Streams clients need. Waits at most 15 s for anything.
final class EventStream implements AutoCloseable {

  private static final int DEADLINE_MILLIS = 30_000;

  /// For an event, while heartbeats come.
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Socket socket;
  private final InputStream in;
  final int status;
  final Map<String, String> headers = new LinkedHashMap<>();
  private final Deque<Frame> frames = new ArrayDeque<>();
  private boolean ended;
  private @Nullable String lastId;

  /// One event, or a comment (of which nothing but `raw` is set).
  record Frame(
      String raw,
      @Nullable String event,
      String data,
      @Nullable String id,
      @Nullable String retry) {

    String type() {
      return event == null ? retry == null ? "comment" : "retry" : event;
    }
  }

  static EventStream open(int port, String path, String... headers) {
    return new EventStream(port, 0, path, headers);
  }

  /// With a small receive buffer, so that not reading is soon felt by the server.
  static EventStream slow(int port, String path, String... headers) {
    return new EventStream(port, 4096, path, headers);
  }

  private EventStream(int port, int receiveBuffer, String path, String... headers) {
    try {
      socket = new Socket();
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.connect(
          new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port), DEADLINE_MILLIS);
      socket.setSoTimeout(DEADLINE_MILLIS);
      StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: test\r\n");
      for (String header : headers) {
        request.append(header).append("\r\n");
      }
      socket
          .getOutputStream()
          .write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
      in = new BufferedInputStream(socket.getInputStream(), receiveBuffer > 0 ? 1024 : 8192);
      String statusLine = line();
      assertThat(statusLine).startsWith("HTTP/1.1 ");
      status = Integer.parseInt(statusLine.substring(9, 12));
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(": ");
        String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
        assertThat(this.headers).doesNotContainKey(name);
        this.headers.put(name, line.substring(colon + 2));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\r'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the connection ended in the middle of a line: " + line);
      }
      line.append((char) c);
    }
    assertThat(in.read()).isEqualTo('\n');
    return line.toString();
  }

  /// The frames of the next write, which is one chunk; empty at the proper end.
  List<Frame> write() {
    assertThat(frames).isEmpty();
    try {
      String size = line();
      assertThat(size).matches("[0-9a-f]{1,8}");
      byte[] chunk = in.readNBytes(Integer.parseInt(size, 16));
      assertThat(line()).isEmpty();
      if (chunk.length == 0) {
        ended = true;
        assertThat(in.read()).as("after the last chunk").isEqualTo(-1);
        return List.of();
      }
      List<Frame> write = parse(new String(chunk, StandardCharsets.UTF_8));
      check(write);
      return write;
    } catch (SocketException e) {
      throw new UncheckedIOException("the connection broke", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Each write ends with one control, unless it holds none of the topic's events.
  private static void check(List<Frame> write) {
    List<String> types = write.stream().map(Frame::type).toList();
    if (types.contains("data")) {
      assertThat(types).containsExactly("data", "control");
      assertThat(write.get(1).id()).isEqualTo(write.get(0).id());
    }
  }

  private static List<Frame> parse(String chunk) {
    assertThat(chunk).endsWith("\n\n").doesNotContain("\r");
    List<Frame> frames = new ArrayList<>();
    for (String raw : chunk.substring(0, chunk.length() - 2).split("\n\n", -1)) {
      frames.add(frame(raw));
    }
    return frames;
  }

  private static Frame frame(String raw) {
    if (raw.equals(":")) {
      return new Frame(raw, null, "", null, null);
    }
    String[] lines = raw.split("\n", -1);
    if (lines[0].startsWith("retry:")) {
      assertThat(lines).hasSize(1);
      assertThat(raw).matches("retry:[1-9][0-9]*");
      return new Frame(raw, null, "", null, raw.substring(6));
    }
    assertThat(lines[0]).startsWith("event: ");
    assertThat(lines[1]).startsWith("data:").doesNotStartWith("data: ");
    String id = null;
    if (lines.length == 3) {
      assertThat(lines[2]).matches("id:[0-9]{16}_[0-9a-f]{12}");
      id = lines[2].substring(3);
    } else {
      assertThat(lines).hasSize(2);
    }
    return new Frame(raw, lines[0].substring(7), lines[1].substring(5), id, null);
  }

  /// The next frame that is no comment.
  Frame next() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Frame frame;
    do {
      assertThat(System.nanoTime() - deadline).as("waited for an event").isNegative();
      frame = nextOrComment();
    } while (frame.type().equals("comment"));
    return frame;
  }

  Frame nextOrComment() {
    while (frames.isEmpty()) {
      assertThat(ended).as("stream ended").isFalse();
      frames.addAll(write());
    }
    Frame frame = frames.remove();
    if (frame.id() != null) {
      lastId = frame.id();
    }
    return frame;
  }

  Frame next(String type) {
    Frame frame = next();
    assertThat(frame.type()).as(frame.raw()).isEqualTo(type);
    return frame;
  }

  /// Reads on until a frame of this type.
  Frame skipTo(String type) {
    Frame frame = next();
    while (!frame.type().equals(type)) {
      frame = next();
    }
    return frame;
  }

  /// What an EventSource would send as Last-Event-ID.
  @Nullable String lastId() {
    return lastId;
  }

  /// Asserts that the response ends here, properly: last chunk, then the connection.
  void assertEnds() {
    while (frames.isEmpty() && !ended) {
      frames.addAll(write());
      frames.removeIf(frame -> frame.type().equals("comment"));
    }
    assertThat(frames).isEmpty();
    assertThat(ended).isTrue();
  }

  /// The rest of a response that is not chunked.
  String body() {
    try {
      return new String(
          in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0"))),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
