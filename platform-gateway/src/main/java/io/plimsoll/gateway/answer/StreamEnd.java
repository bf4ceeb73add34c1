package io.plimsoll.gateway.answer;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The last event of a stream that is ended on purpose, in the bytes that services use too.
///
/// A browser's `EventSource` gives up for good on any status but 200. Whoever is to come back is
/// therefore told so by this event, and after a time that differs per client lest all come at once.
public final class StreamEnd {

  /// What an event stream says of itself.
  public static final String TYPE = "text/event-stream";

  private static final Pattern NO_WEIGHT = Pattern.compile("\\s*[qQ]\\s*=\\s*0(\\.0*)?\\s*");

  private static final int MIN_RETRY_MILLIS = 1_000;
  private static final int MAX_RETRY_MILLIS = 5_000;

  private StreamEnd() {}

  /// Whether the client may be an `EventSource`, so that no answer of ours may be 429 or 5xx:
  /// whether `Accept` has the type itself (RFC 9110, section 12.5.1), of any weight but 0.
  ///
  /// Asked for every GET: a field is taken apart only if it has the type's text.
  public static boolean wanted(HttpHeaders request) {
    Iterator<? extends CharSequence> fields =
        request.valueCharSequenceIterator(HttpHeaderNames.ACCEPT);
    while (fields.hasNext()) {
      CharSequence field = fields.next();
      if (AsciiString.containsIgnoreCase(field, TYPE) && isIn(field.toString())) {
        return true;
      }
    }
    return false;
  }

  /// Whether an answer with this `Content-Type` is an event stream.
  public static boolean isType(@Nullable String contentType) {
    int length = TYPE.length();
    return contentType != null
        && contentType.regionMatches(true, 0, TYPE, 0, length)
        && (contentType.length() == length || "; \t".indexOf(contentType.charAt(length)) >= 0);
  }

  private static boolean isIn(String accept) {
    int end;
    for (int at = 0; at < accept.length(); at = end + 1) {
      end = next(',', accept, at);
      String range = accept.substring(at, end);
      int type = next(';', range, 0);
      if (range.substring(0, type).strip().equalsIgnoreCase(TYPE) && !isUnwanted(range, type)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isUnwanted(String range, int semicolon) {
    int end;
    for (int at = semicolon + 1; at < range.length(); at = end + 1) {
      end = next(';', range, at);
      if (NO_WEIGHT.matcher(range).region(at, end).matches()) {
        return true;
      }
    }
    return false;
  }

  /// Where the next delimiter outside of quoted strings is, or the end.
  private static int next(char delimiter, String text, int from) {
    boolean quoted = false;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (quoted && c == '\\') {
        i++;
      } else if (!quoted && c == delimiter) {
        return i;
      }
    }
    return text.length();
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
