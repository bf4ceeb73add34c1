package io.plimsoll.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A client that sends and reads bytes as they are, for what libraries won't send or would hide.
final class RawClient implements AutoCloseable {

  private final Socket socket;
  private final InputStream in;

  RawClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(10_000);
    in = socket.getInputStream();
  }

  /// A request for an event stream, on its way.
  static RawClient stream(TestGateway gateway, String target) throws IOException {
    return get(
        gateway, target, "Accept: text/event-stream", "Authorization: Bearer " + TestKeys.token());
  }

  static RawClient get(TestGateway gateway, String target, String... headers) throws IOException {
    RawClient client = new RawClient(gateway.port());
    StringBuilder head = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: gateway.test\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    // at once: a gateway that refuses the first half may be gone before the second
    client.send(head.append("\r\n").toString());
    return client;
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /// The head of the answer, with status line.
  String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("closed after: " + head);
      }
      head.append((char) b);
    }
    return head.toString();
  }

  /// The next chunk of a chunked body; null after the last one; an exception when it breaks off.
  byte @Nullable [] chunk() throws IOException {
    StringBuilder size = new StringBuilder();
    while (size.length() < 2 || !size.substring(size.length() - 2).equals("\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("broke off");
      }
      size.append((char) b);
    }
    int length = Integer.parseInt(size.toString().strip(), 16);
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length || in.readNBytes(2).length < 2) {
      throw new IOException("broke off");
    }
    return length == 0 ? null : bytes;
  }

  /// All chunks up to a clean end.
  String body() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (byte[] chunk = chunk(); chunk != null; chunk = chunk()) {
      body.write(chunk);
    }
    return body.toString(StandardCharsets.UTF_8);
  }

  /// So many bytes of a body whose length is announced.
  String bytes(int length) throws IOException {
    return new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  /// Everything until the other side closes, or resets because it did not read to the end.
  String rest() throws IOException {
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    try {
      for (int b = in.read(); b >= 0; b = in.read()) {
        rest.write(b);
      }
    } catch (SocketException e) {
      // what came before counts
    }
    return rest.toString(StandardCharsets.ISO_8859_1);
  }

  /// Whether the other side closes within ten seconds, whatever it says before.
  boolean closed() throws IOException {
    try {
      in.readAllBytes();
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true; // reset
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
