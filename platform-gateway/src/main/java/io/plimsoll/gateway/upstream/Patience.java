package io.plimsoll.gateway.upstream;

import io.plimsoll.gateway.answer.StreamEnd;
import io.plimsoll.gateway.request.RequestTarget;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;

/// How an answer is waited for.
enum Patience {
  /// Answered as soon as it can be.
  ORDINARY,
  /// Held by the service until there is something to say.
  LONG_POLL,
  /// Begins at once and never ends by itself.
  STREAM;

  static Patience of(ServerHttpRequest request, RequestTarget target) {
    if (!HttpMethod.GET.equals(request.getMethod())) {
      return ORDINARY;
    }
    if ("long-poll".equals(target.live())) {
      return LONG_POLL;
    }
    return "sse".equals(target.live()) || StreamEnd.wanted(request) ? STREAM : ORDINARY;
  }
}
