package io.plimsoll.subscriptions.bus;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// Buses whose messages stay on the wire until somebody says which arrives next, how often, or that
/// it never will.
public final class ScheduledBus {

  private final List<Node> nodes = new CopyOnWriteArrayList<>();
  private final List<Sent> wire = new ArrayList<>();

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sent(Node from, long topicId, byte[] message) {}

  /// The bus of another node.
  public Bus node() {
    return new Node();
  }

  /// Lets one of the messages under way arrive, and keeps it on the wire to arrive again if told
  /// so.
  public void deliverOne(Random random, boolean again) {
    Sent sent;
    synchronized (wire) {
      if (wire.isEmpty()) {
        return;
      }
      int which = random.nextInt(wire.size());
      sent = again ? wire.get(which) : wire.remove(which);
    }
    for (Node node : nodes) {
      Bus.Receiver receiver = node.receiver;
      if (node != sent.from && receiver != null) {
        receiver.received(sent.topicId, sent.message);
      }
    }
  }

  public void loseOne(Random random) {
    synchronized (wire) {
      if (!wire.isEmpty()) {
        wire.remove(random.nextInt(wire.size()));
      }
    }
  }

  public void loseAll() {
    synchronized (wire) {
      wire.clear();
    }
  }

  private final class Node implements Bus {

    private volatile @Nullable Receiver receiver;

    @Override
    public void start(Receiver receiver) {
      this.receiver = receiver;
      nodes.add(this);
    }

    @Override
    public void publish(long topicId, byte[] message) {
      synchronized (wire) {
        wire.add(new Sent(this, topicId, message));
      }
    }

    @Override
    public void subscribe(long topicId) {}

    @Override
    public void unsubscribe(long topicId) {}

    @Override
    public boolean healthy() {
      return true;
    }

    @Override
    public void close() {
      nodes.remove(this);
    }
  }
}
