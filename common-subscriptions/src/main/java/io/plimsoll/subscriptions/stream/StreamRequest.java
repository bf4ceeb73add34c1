package io.plimsoll.subscriptions.stream;

import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;

/// What a request for a topic's URL asks for (Durable Streams protocol, "Read Stream", and standard
/// `Last-Event-ID`, which outranks `offset`).
///
/// @param from where to start
/// @param cursor the client's `cursor`, -1 without
/// @param acceptsEventStream whether it says `Accept: text/event-stream`: an EventSource, which
///   must not be answered with a status that could pass
record StreamRequest(Mode mode, From from, long cursor, boolean acceptsEventStream) {

  enum Mode {
    HEAD,
    PAGE,
    LONG_POLL,
    EVENTS
  }

  /// Where a subscriber starts.
  sealed interface From {

    /// At the floor.
    record Start() implements From {}

    /// At the head.
    record Now() implements From {}

    /// At the head, after the state at that position.
    record Snapshot() implements From {}

    record At(Position position) implements From {}
  }

  static boolean acceptsEventStream(ServerHttpRequest request) {
    try {
      return request.getHeaders().getAccept().stream()
          .anyMatch(
              type ->
                  type.getType().equals("text")
                      && type.getSubtype().equals("event-stream")
                      && type.getQualityValue() > 0);
    } catch (InvalidMediaTypeException e) {
      return false;
    }
  }

  static StreamRequest of(ServerHttpRequest request) {
    boolean accepts = acceptsEventStream(request);
    Mode mode = mode(request, accepts);
    From from = from(request, mode);
    boolean acceptable =
        switch (mode) {
          case HEAD -> accepts || accepts(request, MediaType.APPLICATION_JSON);
          case PAGE, LONG_POLL -> accepts(request, MediaType.APPLICATION_JSON);
          case EVENTS -> accepts || accepts(request, MediaType.TEXT_EVENT_STREAM);
        };
    if (!acceptable) {
      throw new StreamProblem(
          Cause.NOT_ACCEPTABLE,
          "Accept (expected: "
              + (mode == Mode.EVENTS
                  ? MediaType.TEXT_EVENT_STREAM_VALUE
                  : MediaType.APPLICATION_JSON_VALUE)
              + ")");
    }
    return new StreamRequest(mode, from, cursor(request), accepts);
  }

  /// Whether `Accept` permits this type: the range that fits it best decides (RFC 9110, 12.5.1).
  private static boolean accepts(ServerHttpRequest request, MediaType type) {
    try {
      List<MediaType> ranges = request.getHeaders().getAccept();
      return ranges.isEmpty()
          || ranges.stream()
              .filter(range -> range.includes(type))
              .max(Comparator.comparingInt(StreamRequest::specificity))
              .filter(range -> range.getQualityValue() > 0)
              .isPresent();
    } catch (InvalidMediaTypeException e) {
      return false;
    }
  }

  private static int specificity(MediaType range) {
    return range.isWildcardType() ? 0 : range.isWildcardSubtype() ? 1 : 2;
  }

  private static Mode mode(ServerHttpRequest request, boolean accepts) {
    if (request.getMethod().equals(HttpMethod.HEAD)) {
      return Mode.HEAD;
    }
    String live = only(request, "live", Cause.BAD_LIVE_MODE);
    return switch (live) {
      case null -> accepts ? Mode.EVENTS : Mode.PAGE;
      case "sse" -> Mode.EVENTS;
      case "long-poll" -> Mode.LONG_POLL;
      default ->
          throw new StreamProblem(Cause.BAD_LIVE_MODE, "live (expected: `sse` or `long-poll`)");
    };
  }

  private static From from(ServerHttpRequest request, Mode mode) {
    String last = mode == Mode.EVENTS ? request.getHeaders().getFirst("Last-Event-ID") : null;
    if (last != null && !last.isEmpty()) {
      return at(last, "Last-Event-ID");
    }
    String offset = only(request, "offset", Cause.BAD_POSITION);
    return switch (offset) {
      case null -> {
        if (mode == Mode.EVENTS || mode == Mode.LONG_POLL) {
          throw new StreamProblem(
              Cause.BAD_POSITION, "offset (expected with live: -1, now, snapshot or a position)");
        }
        yield new From.Start();
      }
      case "-1" -> new From.Start();
      case "now" -> new From.Now();
      case "snapshot" -> {
        if (mode == Mode.LONG_POLL) {
          throw new StreamProblem(
              Cause.BAD_POSITION, "offset: snapshot (expected: without live, or live=sse)");
        }
        yield new From.Snapshot();
      }
      default -> at(offset, "offset");
    };
  }

  private static From at(String text, String name) {
    return Position.parse(text)
        .map(From.At::new)
        .orElseThrow(
            () ->
                new StreamProblem(
                    Cause.BAD_POSITION,
                    name
                        + " (expected: "
                        + (name.equals("offset") ? "-1, now, snapshot or " : "")
                        + "a position that was given out)"));
  }

  private static long cursor(ServerHttpRequest request) {
    String cursor = request.getQueryParams().getFirst("cursor");
    return cursor != null && cursor.matches("[0-9]{1,15}") ? Long.parseLong(cursor) : -1;
  }

  private static @Nullable String only(ServerHttpRequest request, String name, Cause cause) {
    List<String> values = request.getQueryParams().get(name);
    if (values == null) {
      return null;
    }
    String value = values.getFirst();
    if (values.size() > 1 || value == null || value.isEmpty()) {
      throw new StreamProblem(cause, name + " (expected: once, not empty)");
    }
    return value;
  }
}
