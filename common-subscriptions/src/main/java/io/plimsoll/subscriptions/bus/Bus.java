package io.plimsoll.subscriptions.bus;

/// Carries messages between the nodes that follow a topic. Implementations pass `BusContract`.
public interface Bus extends AutoCloseable {

  /// Starts the bus; called once, before anything else.
  void start(Receiver receiver);

  /// Sends a message to every other node that subscribed to the topic; it may come back to this one
  /// too. Returns at once, throws nothing.
  void publish(long topicId, byte[] message);

  /// Asks for the topic's messages from now on; takes effect soon, again after every reconnection.
  void subscribe(long topicId);

  void unsubscribe(long topicId);

  /// Whether messages went round in the last few seconds. While they don't, feeds ask the log more
  /// often.
  boolean healthy();

  @Override
  void close();

  /// Where messages arrive.
  interface Receiver {

    void received(long topicId, byte[] message);
  }
}
