package io.plimsoll.subscriptions;

/// Told when a subscriber's first event stream of a topic opens on this node and when the last one
/// closes. Optional. Called on a virtual thread, in order per topic and subscriber.
public interface StreamListener {

  void opened(Topic topic, String subscriber);

  void closed(Topic topic, String subscriber);
}
