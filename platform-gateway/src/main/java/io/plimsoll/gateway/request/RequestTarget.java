package io.plimsoll.gateway.request;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What is asked for, byte for byte as the client wrote it, with the ticket taken out.
///
/// Two parties that read one path differently are how access rules are got round, so whatever could
/// be read in two ways is refused rather than cleaned: dot segments, empty segments, encoded
/// slashes, dots and control characters, backslashes, path parameters, malformed escapes.
///
/// @param path starts with `/`
/// @param query without the `?` and without the ticket; null when there is none
/// @param ticket a stream ticket, if one was sent
/// @param live the `live` parameter of a topic's URL, if there is one
public record RequestTarget(
    String path, @Nullable String query, @Nullable String ticket, @Nullable String live) {

  /// As it goes to the service.
  public String forwarded() {
    return query == null ? path : path + "?" + query;
  }

  /// Reads a target; 400 `bad-target` or `token-in-url` for what is refused.
  public static RequestTarget parse(String raw) {
    int mark = raw.indexOf('?');
    String path = mark < 0 ? raw : raw.substring(0, mark);
    checkPath(path);
    return mark < 0
        ? new RequestTarget(path, null, null, null)
        : query(path, raw.substring(mark + 1));
  }

  private static void checkPath(String path) {
    if (path.isEmpty() || path.charAt(0) != '/') {
      throw refused("The request target must be a path.");
    }
    int segment = 1;
    for (int i = 1; i <= path.length(); i++) {
      char c = i < path.length() ? path.charAt(i) : '/';
      if (c == '/') {
        int length = i - segment;
        // only the end may be empty: /chat/ is a path
        if ((length == 0 && i < path.length())
            || (length == 1 && path.charAt(segment) == '.')
            || (length == 2 && path.startsWith("..", segment))) {
          throw refused("The path has a dot segment or an empty one.");
        }
        segment = i + 1;
      } else if (c == '%') {
        checkEscape(path, i);
      } else if (c <= ' ' || c >= 0x7f || "\\;[]".indexOf(c) >= 0 || isUnsafe(c)) {
        throw refused("The path has a character that must be encoded or is not accepted.");
      }
    }
  }

  /// What neither part may have as it is (RFC 3986, appendix A), and servers refuse or repair.
  private static boolean isUnsafe(char c) {
    return "\"#<>^`{|}".indexOf(c) >= 0;
  }

  private static void checkEscape(String path, int at) {
    int high = at + 2 < path.length() ? Character.digit(path.charAt(at + 1), 16) : -1;
    int low = at + 2 < path.length() ? Character.digit(path.charAt(at + 2), 16) : -1;
    if (high < 0 || low < 0) {
      throw refused("The path has a malformed escape.");
    }
    int c = high * 16 + low;
    if (c < ' ' || c == 0x7f || c == '/' || c == '\\' || c == '.' || c == ';' || c == '%') {
      throw refused("The path has an encoded character that is not accepted.");
    }
  }

  private static RequestTarget query(String path, String query) {
    StringBuilder kept = new StringBuilder(query.length());
    String ticket = null;
    String live = null;
    for (String pair : query.split("&", -1)) {
      for (int i = 0; i < pair.length(); i++) {
        char c = pair.charAt(i);
        if (c <= ' ' || c >= 0x7f || c == '\\' || isUnsafe(c)) {
          throw refused("The query has a character that must be encoded.");
        }
      }
      int equals = pair.indexOf('=');
      if (equals == 0 && pair.length() > 1) {
        throw refused("The query has a parameter without a name."); // some read =a=b as a=b
      }
      String name = decode(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
      if (name.equalsIgnoreCase("access_token") || name.equalsIgnoreCase("token")) {
        throw Problem.of(400, "token-in-url", "A token in a URL ends up in logs: use the header.")
            .exception();
      }
      switch (name) {
        case "ticket" -> {
          if (ticket != null) {
            throw refused("The query has two tickets.");
          }
          ticket = value;
          continue;
        }
        case "live" -> live = value;
        default -> {}
      }
      kept.append(kept.isEmpty() ? "" : "&").append(pair);
    }
    return new RequestTarget(path, kept.isEmpty() ? null : kept.toString(), ticket, live);
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw refused("The query has a malformed escape.");
    }
  }

  private static ProblemException refused(String detail) {
    return Problem.of(400, "bad-target", detail).exception();
  }
}
