package io.plimsoll.local;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.util.Properties;

/// What is printed when everything is ready: where it is and two lines to paste.
final class Welcome {

  private Welcome() {}

  static String text(DataDirectory data, Launcher launcher, String hint) throws IOException {
    var demo = new Properties();
    try (Reader reader = Files.newBufferedReader(data.demoEnvironment())) {
      demo.load(reader);
    }
    String token = "$(" + launcher.line(data, "token", "--user", "ann") + ")";
    return """

        Plimsoll is up at %1$s  (keys and addresses: %2$s)
          chat %3$s   auth %4$s   PostgreSQL %5$s   Redis %6$s

        Follow a room, in one terminal:
          curl -N -H "Authorization: Bearer %7$s" "%1$s/chat/v1/rooms/lobby/events?offset=-1&live=sse"
        Say something, in another:
          curl -H "Authorization: Bearer %7$s" -H 'Content-Type: application/json' %1$s/chat/v1/rooms/lobby/messages -d '{"clientId":"'$(date +%%s)'","parts":[{"type":"text/plain","content":"Hello"}]}'
        Then kill anything, like %8$s, and say more.%9$s

        """
        .formatted(
            demo.getProperty("PLIMSOLL_URL"),
            data.demoEnvironment(),
            demo.getProperty("PLIMSOLL_CHAT_URL"),
            demo.getProperty("PLIMSOLL_AUTH_URL"),
            demo.getProperty("PLIMSOLL_POSTGRES"),
            demo.getProperty("PLIMSOLL_REDIS"),
            token,
            launcher.line(data, "kill", "chat"),
            hint.isEmpty() ? "" : " " + hint);
  }
}
