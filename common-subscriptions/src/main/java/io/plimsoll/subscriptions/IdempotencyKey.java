package io.plimsoll.subscriptions;

/// Makes an append happen once per topic, however often it is tried, for as long as its event is
/// retained.
///
/// @param producer who appends, 1 to 300 characters
/// @param key what is tried, 1 to 200 characters, unique per topic and producer
public record IdempotencyKey(String producer, String key) {

  public IdempotencyKey {
    if (producer.isEmpty() || producer.length() > 300) {
      throw new IllegalArgumentException("producer: " + producer + " (expected: 1 to 300 chars)");
    }
    if (key.isEmpty() || key.length() > 200) {
      throw new IllegalArgumentException("key: " + key + " (expected: 1 to 200 characters)");
    }
  }
}
