package io.plimsoll.subscriptions;

/// The same [IdempotencyKey] came with another payload.
public class IdempotencyKeyReusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /// For logs.
  public IdempotencyKeyReusedException(Topic topic, IdempotencyKey key) {
    super("key " + key.key() + " of this producer in " + topic + " has another payload");
  }
}
