package io.plimsoll.gateway.answer;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// What the gateway answers when it answers itself and no service does, as RFC 9457 wants it.
///
/// @param status HTTP status
/// @param cause last part of the problem's type; the README lists each with its cure
/// @param detail for the client's developer: what was found and what was expected; nothing secret
/// @param headers to be set on the answer
public record Problem(int status, String cause, String detail, Map<String, String> headers) {

  /// Prefix of every problem's `type`.
  public static final String TYPE = "urn:plimsoll:problem:";

  public static final String MEDIA_TYPE = "application/problem+json";

  public Problem {
    headers = Map.copyOf(headers);
  }

  public static Problem of(int status, String cause, String detail) {
    return new Problem(status, cause, detail, Map.of());
  }

  /// 401 with RFC 6750's challenge. Without a token, its section 3.1 wants no error code.
  public static Problem unauthorized(String cause, String detail) {
    String challenge =
        cause.equals("token-missing")
            ? "Bearer realm=\"plimsoll\""
            : "Bearer realm=\"plimsoll\", error=\"invalid_token\", error_description=\""
                + detail
                + "\"";
    return of(401, cause, detail).with("WWW-Authenticate", challenge);
  }

  /// 503 for something that will be back by itself.
  public static Problem unavailable(String cause, String detail) {
    return of(503, cause, detail).retryAfter(1);
  }

  public Problem retryAfter(long seconds) {
    return with("Retry-After", Long.toString(Math.max(1, seconds)));
  }

  public Problem with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Problem(status, cause, detail, more);
  }

  /// As JSON.
  public byte[] body(JsonMapper json) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("type", TYPE + cause);
    members.put("title", HttpResponseStatus.valueOf(status).reasonPhrase());
    members.put("status", status);
    members.put("detail", detail);
    return json.writeValueAsBytes(members);
  }

  /// As a signal inside a reactive chain; the pipeline turns it back.
  public ProblemException exception() {
    return new ProblemException(this);
  }
}
