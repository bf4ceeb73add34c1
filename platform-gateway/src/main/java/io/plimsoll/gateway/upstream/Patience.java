package io.plimsoll.gateway.upstream;

import io.netty.handler.codec.http.HttpMethod;
import io.plimsoll.gateway.call.Call;

/// How an answer is waited for.
enum Patience {
  /// Answered as soon as it can be.
  ORDINARY,
  /// Held by the service until there is something to say.
  LONG_POLL,
  /// Begins at once and never ends by itself.
  STREAM;

  static Patience of(Call call) {
    if (!HttpMethod.GET.equals(call.method())) {
      return ORDINARY;
    }
    if ("long-poll".equals(call.target().live())) {
      return LONG_POLL;
    }
    return call.asksForStream() ? STREAM : ORDINARY;
  }
}
