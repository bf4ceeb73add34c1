package io.plimsoll.subscriptions;

/// Told of event streams on this node. Optional. Called on a virtual thread, in order per topic and
/// subscriber.
public interface StreamListener {

  /// The subscriber's first event stream of the topic opens.
  void opened(Topic topic, String subscriber);

  /// The last one closes.
  void closed(Topic topic, String subscriber);

  /// A stream, be it the first or not, that came back to a position has been sent all that it
  /// missed. What no stored event tells it does not know, for it began without a snapshot: that may
  /// be told now, as ephemeral events.
  default void caughtUp(Topic topic, String subscriber) {}
}
