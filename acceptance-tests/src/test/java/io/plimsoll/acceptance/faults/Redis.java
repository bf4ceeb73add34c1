package io.plimsoll.acceptance.faults;

import io.plimsoll.acceptance.platform.LocalPlatform;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// One command to Redis, inline form.
final class Redis {

  private static final int TIMEOUT_MILLIS = 3_000;

  private Redis() {}

  /// Sends the command and reads its first line.
  static String command(LocalPlatform platform, String command) throws IOException {
    String[] address = platform.demo("PLIMSOLL_REDIS").split(":", -1);
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(address[0], Integer.parseInt(address[1])), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      byte[] answer = new byte[256];
      int count = Math.max(0, socket.getInputStream().read(answer));
      return new String(answer, 0, count, StandardCharsets.US_ASCII).strip();
    }
  }
}
