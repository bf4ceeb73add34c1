package io.plimsoll.subscriptions.log;

import io.plimsoll.subscriptions.AppendResult;
import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The durable logs of all topics. Implementations pass `EventLogContract`.
///
/// Reads see the primary. The write methods, [#appendAlone] apart, join the caller's transaction
/// where the log has transactions.
public interface EventLog {

  /// Whether writes join a transaction, so that what was appended is real only once it commits.
  boolean transactional();

  /// The topic's row, if there is such a topic.
  Optional<Head> find(Topic topic);

  /// The rows of these topics, those that exist, in no order.
  List<Head> heads(Collection<Long> topicIds);

  /// Up to `limit` events after this offset; those below the floor are passed over.
  ///
  /// @return empty if there is no such topic
  Optional<Page> read(long topicId, long after, int limit);

  /// What has become visible since; with null, only where to start from.
  Changes changesSince(@Nullable LogSnapshot previous, int limit);

  void create(Topic topic);

  /// Appends to several topics, whose rows it locks in the order of their ids.
  ///
  /// @return what was stored, per topic in the order given
  Map<Topic, Appended> append(Map<Topic, List<NewEvent>> batch);

  /// Appends to one topic with a key that makes it happen once.
  ///
  /// @return what was stored, or nothing and the earlier position
  Keyed append(Topic topic, NewEvent event, IdempotencyKey key);

  /// Appends to one topic in a transaction of its own, committed on return.
  Appended appendAlone(Topic topic, List<NewEvent> events);

  /// Appends the announcement, then replaces the data of the events at these offsets.
  Appended redact(Topic topic, List<Long> offsets, String replacement, NewEvent announcement);

  /// Frees the topic's name; [#purge] removes the rows.
  void delete(Topic topic);

  /// Topics with ids above this one, in the order of their ids.
  List<Extent> extents(long afterId, int limit);

  /// The last of the topic's oldest `limit` events that is older than this; empty if none is.
  OptionalLong lastBefore(long topicId, Instant time, int limit);

  /// Removes events of this topic below a new floor, in a transaction of its own, unless somebody
  /// else is at it.
  ///
  /// @param floor events below it go; at most `head + 1`
  /// @param limit events removed at most
  /// @return events removed
  int trim(long topicId, long floor, int limit);

  /// Removes up to `limit` rows of topics that were deleted so long ago, in a transaction of its
  /// own.
  ///
  /// @return rows removed; 0 when nothing is left to do
  int purge(Duration ago, int limit);

  /// How far a topic reaches, for retention.
  ///
  /// @param oldest time of the event at the floor; null if none is retained
  record Extent(long topicId, String kind, long floor, long head, @Nullable Instant oldest) {}

  /// What was stored in one topic.
  ///
  /// @param events in order
  record Appended(long topicId, List<StoredEvent> events) {

    public Appended {
      events = List.copyOf(events);
    }
  }

  /// What became of an append with a key.
  ///
  /// @param stored empty for a duplicate
  record Keyed(AppendResult result, Optional<Appended> stored) {}
}
