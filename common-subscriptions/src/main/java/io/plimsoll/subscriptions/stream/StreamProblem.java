package io.plimsoll.subscriptions.stream;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/// Why a request for a topic's URL is not answered with events.
final class StreamProblem extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Cause cause;

  StreamProblem(Cause cause, String detail) {
    this(cause, detail, null);
  }

  StreamProblem(Cause cause, String detail, @Nullable Throwable because) {
    super(detail, because, false, false);
    this.cause = cause;
  }

  Cause reason() {
    return cause;
  }

  enum Cause {
    BAD_POSITION(HttpStatus.BAD_REQUEST, "bad-position", null),
    BAD_LIVE_MODE(HttpStatus.BAD_REQUEST, "bad-live-mode", null),
    NOT_ACCEPTABLE(HttpStatus.NOT_ACCEPTABLE, "not-acceptable", null),
    NO_ACCESS(HttpStatus.NOT_FOUND, "not-found", Ending.ACCESS_REMOVED),
    DELETED(HttpStatus.NOT_FOUND, "not-found", Ending.DELETED),
    LOST(HttpStatus.GONE, "position-lost", null),
    TOO_MANY_STREAMS(HttpStatus.TOO_MANY_REQUESTS, "too-many-streams", Ending.RATE_LIMITED),
    UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", Ending.UNAVAILABLE),
    DRAINING(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", Ending.DRAIN),
    NOT_HTTP_1_1(HttpStatus.HTTP_VERSION_NOT_SUPPORTED, "http-version", null);

    final HttpStatus status;
    final String type;

    /// The `end` event's reason in an answer to `Accept: text/event-stream`; null if that is
    /// answered with the status.
    final @Nullable Ending end;

    Cause(HttpStatus status, String type, @Nullable Ending end) {
      this.status = status;
      this.type = "urn:plimsoll:problem:" + type;
      this.end = end;
    }

    boolean worthRetrying() {
      return end != null && end.reconnect();
    }
  }
}
