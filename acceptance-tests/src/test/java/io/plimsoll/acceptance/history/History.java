package io.plimsoll.acceptance.history;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/// Everything that was sent and that arrived in one run.
public final class History {

  private final Map<String, TopicHistory> topics = new ConcurrentSkipListMap<>();
  private final Violations violations;

  /// @param log takes each violation with the history around it
  public History(Consumer<String> log) {
    violations = new Violations(log);
  }

  public Violations violations() {
    return violations;
  }

  public TopicHistory topic(String name) {
    return topics.computeIfAbsent(name, _ -> new TopicHistory(name, violations));
  }

  public Collection<TopicHistory> topics() {
    return List.copyOf(topics.values());
  }

  /// Deliveries checked: one event to one reader counts one.
  public long deliveries() {
    return topics.values().stream().mapToLong(TopicHistory::deliveries).sum();
  }

  /// Events that somebody saw.
  public long events() {
    return topics.values().stream().mapToLong(TopicHistory::events).sum();
  }

  public List<ReaderTrack> readers() {
    List<ReaderTrack> readers = new ArrayList<>();
    topics.values().forEach(topic -> readers.addAll(topic.readers()));
    return readers;
  }
}
