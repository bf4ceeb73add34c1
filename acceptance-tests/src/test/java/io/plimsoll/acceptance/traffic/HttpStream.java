package io.plimsoll.acceptance.traffic;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One GET on a connection of its own, its answer read as slowly as the reader likes: the JDK's
/// client reads ahead, and a slow reader must not.
public final class HttpStream implements AutoCloseable {

  private static final int CONNECT_MILLIS = 5_000;
  private static final int MAX_LINE = 16 << 10;

  private final Socket socket;
  private final InputStream in;
  private final byte[] buffer;
  private int start;
  private int end;
  private final int status;
  private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private final boolean chunked;

  /// Bytes left of the chunk or the body; -1 if the body lasts as long as the connection.
  private long left;

  private boolean over;

  private HttpStream(Socket socket, int readAhead) throws IOException {
    this.socket = socket;
    in = socket.getInputStream();
    buffer = new byte[readAhead];
    String line = line();
    if (!line.startsWith("HTTP/1.1 ") || line.length() < 12) {
      throw new IOException("not HTTP/1.1: " + line);
    }
    status = Integer.parseInt(line.substring(9, 12));
    for (line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        throw new IOException("not a header: " + line);
      }
      headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
    }
    chunked = "chunked".equalsIgnoreCase(headers.get("Transfer-Encoding"));
    String length = headers.get("Content-Length");
    left = chunked ? 0 : length == null ? -1 : Long.parseLong(length);
  }

  /// A connection over which the request was sent; its answer has not yet been waited for.
  public static final class Opening implements AutoCloseable {

    private final Socket socket;
    private final int readAhead;

    private Opening(Socket socket, int readAhead) {
      this.socket = socket;
      this.readAhead = readAhead;
    }

    /// Waits for the head of the answer.
    public HttpStream answer() throws IOException {
      return new HttpStream(socket, readAhead);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /// Connects and sends the request.
  ///
  /// @param readAhead most bytes taken from the socket at once, and about what the kernel holds
  public static Opening open(
      String host, int port, String target, Map<String, String> headers, int readAhead)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      if (readAhead < 8 << 10) {
        socket.setReceiveBufferSize(readAhead);
      }
      socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
      StringBuilder request = new StringBuilder(512);
      request.append("GET ").append(target).append(" HTTP/1.1\r\nHost: ");
      request.append(host).append(':').append(port).append("\r\n");
      headers.forEach(
          (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
      request.append("\r\n");
      socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
      return new Opening(socket, readAhead);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  public int status() {
    return status;
  }

  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /// Reads some of the body.
  ///
  /// @return -1 at its clean end
  /// @throws EOFException if the connection ended before the body did
  public int read(byte[] into, int at, int length) throws IOException {
    if (over) {
      return -1;
    }
    if (chunked && left == 0 && !nextChunk()) {
      over = true;
      return -1;
    }
    if (left == 0) {
      over = true;
      return -1;
    }
    if (start == end && !fill()) {
      if (left > 0) {
        throw new EOFException("the connection ended within the body");
      }
      over = true;
      return -1;
    }
    int count = Math.min(length, end - start);
    if (left > 0) {
      count = (int) Math.min(count, left);
      left -= count;
    }
    System.arraycopy(buffer, start, into, at, count);
    start += count;
    if (chunked && left == 0) {
      expectLineEnd();
    }
    return count;
  }

  /// All the rest of the body.
  public String text() throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] some = new byte[8 << 10];
    for (int n = read(some, 0, some.length); n >= 0; n = read(some, 0, some.length)) {
      text.append(new String(some, 0, n, StandardCharsets.UTF_8));
    }
    return text.toString();
  }

  /// @return false after the last chunk
  private boolean nextChunk() throws IOException {
    String size = line();
    int extension = size.indexOf(';');
    try {
      left = Long.parseLong((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
    } catch (NumberFormatException e) {
      throw new IOException("not the size of a chunk: " + size, e);
    }
    if (left > 0) {
      return true;
    }
    while (!line().isEmpty()) {
      // trailers
    }
    return false;
  }

  private void expectLineEnd() throws IOException {
    if (!line().isEmpty()) {
      throw new IOException("a chunk longer than it said");
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder(64);
    while (true) {
      if (start == end && !fill()) {
        throw new EOFException("the connection ended within the head of an answer or chunk");
      }
      char c = (char) (buffer[start++] & 0xff);
      if (c == '\n') {
        int length = line.length();
        if (length > 0 && line.charAt(length - 1) == '\r') {
          line.setLength(length - 1);
        }
        return line.toString();
      }
      if (line.length() == MAX_LINE) {
        throw new IOException("a line of more than " + MAX_LINE + " characters");
      }
      line.append(c);
    }
  }

  private boolean fill() throws IOException {
    int count = in.read(buffer, 0, buffer.length);
    start = 0;
    end = Math.max(0, count);
    return count > 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d %s", status, headers);
  }
}
