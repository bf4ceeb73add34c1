package io.plimsoll.subscriptions.append;

import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.StoredEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Remembers what was delivered.
final class Delivered implements Delivery {

  final List<Batch> batches = new CopyOnWriteArrayList<>();
  volatile long undone;
  final List<String> ephemeral = new CopyOnWriteArrayList<>();

  record Batch(long topicId, List<StoredEvent> events) {}

  @Override
  public void appended(long topicId, List<StoredEvent> events) {
    batches.add(new Batch(topicId, events));
  }

  @Override
  public void ephemeral(long topicId, Topic topic, String type, String data) {
    ephemeral.add(topicId + " " + type + " " + data);
  }

  @Override
  public long undone() {
    return undone;
  }

  List<String> data() {
    return batches.stream()
        .flatMap(batch -> batch.events().stream())
        .map(stored -> stored.event().data())
        .toList();
  }
}
