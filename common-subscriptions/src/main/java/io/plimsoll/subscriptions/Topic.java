package io.plimsoll.subscriptions;

import java.util.regex.Pattern;

/// The name of an ordered log of events.
///
/// @param kind what the product calls such topics, for example `room`; retention and metrics go by
///   it; `[a-z][a-z-]{0,31}`
/// @param key which one, unique within its kind, for example `tenant/room`; 1 to 300 characters of
///   `[A-Za-z0-9_.~/-]`
public record Topic(String kind, String key) {

  private static final Pattern KIND = Pattern.compile("[a-z][a-z-]{0,31}");
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_.~/-]{1,300}");

  public Topic {
    if (!KIND.matcher(kind).matches()) {
      throw new IllegalArgumentException("kind: " + kind + " (expected: " + KIND + ")");
    }
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException("key: " + key + " (expected: " + KEY + ")");
    }
  }

  @Override
  public String toString() {
    return kind + ":" + key;
  }
}
