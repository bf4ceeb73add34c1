package io.plimsoll.subscriptions.append;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.EventLog.Appended;
import io.plimsoll.subscriptions.log.StoredEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// Lets concurrent appends to one topic share a transaction; see the package documentation.
///
/// A queue's first caller leads. It writes one batch, in which its own event is the first, and
/// goes: nobody works for others longer than for one statement.
final class GroupCommit {

  private final BiFunction<Topic, List<NewEvent>, Appended> write;
  private final Delivery delivery;
  private final AppendSettings settings;

  /// Topics with a leader at work, and who waits there. A queue is only touched inside `compute`.
  private final ConcurrentMap<Topic, ArrayDeque<Caller>> queues = new ConcurrentHashMap<>();

  /// @param write appends to a topic in a transaction of its own
  GroupCommit(
      BiFunction<Topic, List<NewEvent>, Appended> write,
      Delivery delivery,
      AppendSettings settings) {
    this.write = write;
    this.delivery = delivery;
    this.settings = settings;
  }

  Position append(Topic topic, NewEvent event) {
    Caller caller = new Caller(event, new CompletableFuture<>());
    queues.compute(topic, (_, queue) -> joined(queue, caller));
    return switch (caller.turn.join()) {
      case Turn.Lead() -> lead(topic);
      case Turn.Stored(Position position) -> position;
      case Turn.Failed(RuntimeException cause) -> throw cause;
    };
  }

  private static ArrayDeque<Caller> joined(@Nullable ArrayDeque<Caller> queue, Caller caller) {
    if (queue == null) {
      caller.turn.complete(new Turn.Lead());
      return new ArrayDeque<>(List.of(caller));
    }
    queue.add(caller);
    return queue;
  }

  private Position lead(Topic topic) {
    List<Caller> batch = take(topic);
    List<StoredEvent> stored;
    try {
      Appended appended = write.apply(topic, batch.stream().map(Caller::event).toList());
      stored = appended.events();
      delivery.appended(appended.topicId(), stored);
    } catch (RuntimeException e) {
      handOver(topic);
      batch.forEach(caller -> caller.turn.complete(new Turn.Failed(e)));
      throw e;
    } catch (Error e) {
      handOver(topic);
      Turn failed = new Turn.Failed(new IllegalStateException("the batch's leader failed", e));
      batch.forEach(caller -> caller.turn.complete(failed));
      throw e;
    }
    // first, so that the next statement is under way while this batch's callers wake up
    handOver(topic);
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).turn.complete(new Turn.Stored(stored.get(i).event().position()));
    }
    return stored.getFirst().event().position();
  }

  private List<Caller> take(Topic topic) {
    List<Caller> batch = new ArrayList<>();
    queues.computeIfPresent(
        topic,
        (_, queue) -> {
          int bytes = 0;
          while (!queue.isEmpty()
              && batch.size() < settings.batchEvents()
              && bytes < settings.batchData()) {
            Caller next = queue.remove();
            bytes += next.event.data().length();
            batch.add(next);
          }
          return queue;
        });
    return batch;
  }

  private void handOver(Topic topic) {
    queues.computeIfPresent(
        topic,
        (_, queue) -> {
          if (queue.isEmpty()) {
            return null;
          }
          Objects.requireNonNull(queue.peek()).turn.complete(new Turn.Lead());
          return queue;
        });
  }

  /// Callers that wait for the batch after the one being written.
  int waiting(Topic topic) {
    int[] waiting = new int[1];
    queues.computeIfPresent(
        topic,
        (_, queue) -> {
          waiting[0] = queue.size();
          return queue;
        });
    return waiting[0];
  }

  /// Topics somebody appends to right now.
  int busyTopics() {
    return queues.size();
  }

  private record Caller(NewEvent event, CompletableFuture<Turn> turn) {}

  /// What a waiting caller is told.
  private sealed interface Turn {

    /// It writes the next batch.
    record Lead() implements Turn {}

    record Stored(Position position) implements Turn {}

    record Failed(RuntimeException cause) implements Turn {}
  }
}
