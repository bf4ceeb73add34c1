package io.plimsoll.gateway.answer;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/// The last event of a stream that is ended on purpose, in the bytes that services use too.
///
/// A browser's `EventSource` gives up for good on any status but 200. Whoever is to come back is
/// therefore told so by this event, and after a time that differs per client lest all come at once.
public final class StreamEnd {

  /// What an event stream says of itself.
  public static final String TYPE = "text/event-stream";

  private static final int MIN_RETRY_MILLIS = 1_000;
  private static final int MAX_RETRY_MILLIS = 5_000;

  private StreamEnd() {}

  /// Whether the client may be an `EventSource`, so that no answer of ours may be 429 or 5xx.
  public static boolean wanted(HttpHeaders request) {
    for (String accept : request.getAll(HttpHeaderNames.ACCEPT)) {
      if (accept.toLowerCase(Locale.ROOT).contains(TYPE)) {
        return true;
      }
    }
    return false;
  }

  /// The client comes back by itself with the same credential.
  public static String reconnect(String reason) {
    int retry = ThreadLocalRandom.current().nextInt(MIN_RETRY_MILLIS, MAX_RETRY_MILLIS + 1);
    return "retry: " + retry + "\n" + end(reason, true);
  }

  /// The same credential would be refused.
  public static String stop(String reason) {
    return end(reason, false);
  }

  private static String end(String reason, boolean reconnect) {
    return """
        event: end
        data:{"reason":"%s","reconnect":%s}

        """
        .formatted(reason, reconnect);
  }
}
