package io.plimsoll.subscriptions.bus;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// A bus between the nodes of one process, or of a single node. Delivers on the publisher's thread.
public final class InMemoryBus implements Bus {

  private final Wire wire;
  private final Set<Long> topics = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Receiver receiver;

  public InMemoryBus(Wire wire) {
    this.wire = wire;
  }

  @Override
  public void start(Receiver receiver) {
    this.receiver = receiver;
    wire.nodes.add(this);
  }

  @Override
  public void publish(long topicId, byte[] message) {
    for (InMemoryBus node : wire.nodes) {
      Receiver other = node.receiver;
      if (node != this && other != null && node.topics.contains(topicId)) {
        other.received(topicId, message);
      }
    }
  }

  @Override
  public void subscribe(long topicId) {
    topics.add(topicId);
  }

  @Override
  public void unsubscribe(long topicId) {
    topics.remove(topicId);
  }

  @Override
  public boolean healthy() {
    return true;
  }

  @Override
  public void close() {
    wire.nodes.remove(this);
  }

  /// What the nodes share.
  public static final class Wire {

    private final List<InMemoryBus> nodes = new CopyOnWriteArrayList<>();
  }
}
