package io.plimsoll.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A service that misbehaves below HTTP: a connection is the test's to answer, break or leave
/// alone.
final class RawUpstream implements AutoCloseable {

  /// What is done with one connection.
  interface Behaviour {
    void serve(RawUpstream upstream, Socket socket) throws IOException;
  }

  private final ServerSocket server;
  private final Behaviour behaviour;
  private final List<Socket> connections = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  RawUpstream(Behaviour behaviour) throws IOException {
    this.behaviour = behaviour;
    server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  /// As a process stopped with SIGSTOP looks: the kernel accepts, nobody answers.
  static RawUpstream frozen() throws IOException {
    return new RawUpstream(RawUpstream::request);
  }

  /// Reads a request and resets the connection.
  static RawUpstream resetting() throws IOException {
    return new RawUpstream(
        (upstream, socket) -> {
          upstream.request(socket);
          reset(socket);
        });
  }

  /// Answers every connection's first request with these bytes and closes.
  static RawUpstream answering(String answer) throws IOException {
    return new RawUpstream(
        (upstream, socket) -> {
          upstream.request(socket);
          socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
          socket.close();
        });
  }

  static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private void accept() {
    try {
      for (; ; ) {
        Socket socket = server.accept();
        connections.add(socket);
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    behaviour.serve(this, socket);
                  } catch (IOException e) {
                    // the other side closed
                  }
                });
      }
    } catch (IOException e) {
      // closed
    }
  }

  /// Reads the head of a request and, with a Content-Length, its body.
  void request(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("closed");
      }
      head.write(b);
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    requests.add(text);
    int at = text.toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ");
    if (at >= 0) {
      int length = Integer.parseInt(text.substring(at + 16, text.indexOf('\r', at)));
      in.readNBytes(length);
    }
  }

  /// Heads of the requests that arrived.
  List<String> requests() {
    return requests;
  }

  String url() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket connection : connections) {
      connection.close();
    }
  }
}
