package io.plimsoll.subscriptions.feed;

import java.time.Instant;

/// Told about a feed, on whatever thread moved it; must return at once and throw nothing.
public interface Follower {

  /// There are new frames, or held ones were replaced.
  void advanced();

  /// The feed is void: join again from the position reached.
  void voided();

  void ephemeral(String type, Instant time, String data);
}
