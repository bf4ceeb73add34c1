package io.plimsoll.gateway.upstream;

import io.plimsoll.gateway.call.Call;

/// How an answer is waited for.
enum Patience {
  /// Answered as soon as it can be.
  ORDINARY,
  /// The same, to a request whose body passes through at the client's pace.
  UPLOAD,
  /// Held by the service until there is something to say.
  LONG_POLL,
  /// Begins at once and never ends by itself.
  STREAM;

  /// @param passes whether its body passes through
  static Patience of(Call call, boolean passes) {
    if (call.caller() != null && call.isLive()) { // limits have counted it
      return call.asksForStream() ? STREAM : LONG_POLL;
    }
    return passes ? UPLOAD : ORDINARY;
  }
}
