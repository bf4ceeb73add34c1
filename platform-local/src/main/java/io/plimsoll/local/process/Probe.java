package io.plimsoll.local.process;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/// Whether a process answers as one that is ready. Takes a second at most and throws nothing.
@FunctionalInterface
public interface Probe {

  int TIMEOUT_MILLIS = 1_000;

  boolean ready();

  /// A 200 from `http://127.0.0.1:<port><path>`.
  static Probe http(int port, String path) {
    return () -> {
      try {
        var connection =
            (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        connection.setRequestProperty("Connection", "close");
        try {
          return connection.getResponseCode() == 200;
        } finally {
          connection.disconnect();
        }
      } catch (IOException _) {
        return false;
      }
    };
  }

  /// A line sent, and one that begins as expected received.
  static Probe line(int port, String sent, String expected) {
    return () -> {
      try (var socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.getOutputStream().write((sent + "\r\n").getBytes(StandardCharsets.US_ASCII));
        byte[] answer = socket.getInputStream().readNBytes(expected.length());
        return new String(answer, StandardCharsets.US_ASCII).equals(expected);
      } catch (IOException _) {
        return false;
      }
    };
  }
}
