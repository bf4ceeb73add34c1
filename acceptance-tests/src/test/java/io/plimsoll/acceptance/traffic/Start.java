package io.plimsoll.acceptance.traffic;

/// Where a reader starts, as the `offset` parameter says it.
public enum Start {
  FLOOR("-1"),
  NOW("now"),
  SNAPSHOT("snapshot");

  final String offset;

  Start(String offset) {
    this.offset = offset;
  }
}
