package io.plimsoll.subscriptions.stream;

/// Why the server ends a stream on purpose: `event: end` `data:{reason, reconnect}`.
public enum Ending {
  /// The node stops; another one goes on.
  DRAIN("drain", true),
  /// The stream has reached its maximum age.
  MAX_AGE("max_age", true),
  /// The caller's authentication has ended; the same credential would be refused.
  TOKEN_EXPIRED("token_expired", false),
  /// The subscriber may not read the topic any more.
  ACCESS_REMOVED("access_removed", false),
  /// The topic is gone.
  DELETED("deleted", false),
  /// The position reached is not in the log any more; coming back leads to a reset.
  LOST("lost", true),
  /// The log does not answer.
  UNAVAILABLE("unavailable", true),
  /// There are too many open streams.
  RATE_LIMITED("rate_limited", true);

  private final String reason;
  private final boolean reconnect;

  Ending(String reason, boolean reconnect) {
    this.reason = reason;
    this.reconnect = reconnect;
  }

  public String reason() {
    return reason;
  }

  /// Whether it makes sense to come back with the same credential.
  public boolean reconnect() {
    return reconnect;
  }
}
