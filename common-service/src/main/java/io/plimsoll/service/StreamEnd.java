package io.plimsoll.service;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Mono;

/// What a browser's `EventSource` gets instead of 429 or 5xx. It gives up for good on any status
/// but 200, so it is told by an `end` event to come back, after a time that differs per client lest
/// all come at once.
final class StreamEnd {

  private static final int MIN_RETRY_MILLIS = 1_000;
  private static final int MAX_RETRY_MILLIS = 5_000;

  private StreamEnd() {}

  /// Whether this answer must take the form of a stream that ended. An `EventSource` sends GET
  /// alone; to any other method 200 would say that something was done.
  static boolean replaces(ServerHttpRequest request, HttpStatusCode status) {
    return HttpMethod.GET.equals(request.getMethod())
        && (status.is5xxServerError() || status.value() == 429)
        && accepts(request.getHeaders());
  }

  private static boolean accepts(HttpHeaders headers) {
    try {
      return headers.getAccept().stream()
          .anyMatch(
              range ->
                  range.equalsTypeAndSubtype(MediaType.TEXT_EVENT_STREAM)
                      && range.getQualityValue() > 0);
    } catch (InvalidMediaTypeException e) {
      return false;
    }
  }

  static Mono<Void> write(ServerHttpResponse response, HttpStatusCode instead) {
    response.setStatusCode(HttpStatus.OK);
    HttpHeaders headers = response.getHeaders();
    headers.setContentType(MediaType.TEXT_EVENT_STREAM);
    headers.setCacheControl("no-cache, no-transform");
    headers.set("X-Accel-Buffering", "no");
    int retry = ThreadLocalRandom.current().nextInt(MIN_RETRY_MILLIS, MAX_RETRY_MILLIS + 1);
    String reason = instead.value() == 429 ? "rate_limited" : "unavailable";
    String frame =
        """
        retry: %d
        event: end
        data:{"reason":"%s","reconnect":true}

        """
            .formatted(retry, reason);
    byte[] bytes = frame.getBytes(StandardCharsets.UTF_8);
    return response.writeWith(Mono.just(response.bufferFactory().wrap(bytes)));
  }
}
