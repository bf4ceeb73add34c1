package io.plimsoll.auth.key;

/// What became of a client's attempt to authenticate.
public sealed interface Authenticated {

  /// The client holds the key's secret and the key works.
  record Accepted(ApiKey key) implements Authenticated {}

  /// There is no such key, or this is not its secret. Which of the two is not said.
  record Unknown() implements Authenticated {}

  /// The secret is right, but the key was disabled or has expired.
  record Ended(String why) implements Authenticated {}
}
