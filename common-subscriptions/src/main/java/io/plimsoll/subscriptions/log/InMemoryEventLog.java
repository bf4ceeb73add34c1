package io.plimsoll.subscriptions.log;

import io.plimsoll.subscriptions.AppendResult;
import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.IdempotencyKeyReusedException;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An event log for tests and for measuring what lies above it: gone with the process. Writes are
/// real at once; there are no transactions.
public final class InMemoryEventLog implements EventLog {

  /// Changes kept for [#changesSince]; who looks less often compares heads.
  private static final int CHANGES = 100_000;

  private final Clock clock;
  private final int retained;
  private final Map<Topic, Log> byName = new HashMap<>();
  private final Map<Long, Log> byId = new TreeMap<>();
  private final ArrayDeque<Changes.Change> changes = new ArrayDeque<>();
  private long changed;
  private long lastId;

  /// A log that keeps every event until it is trimmed.
  public InMemoryEventLog(Clock clock) {
    this(clock, Integer.MAX_VALUE);
  }

  /// @param retained events kept per topic; the oldest go as new ones come
  public InMemoryEventLog(Clock clock, int retained) {
    this.clock = clock;
    this.retained = retained;
  }

  /// The log as it is now, with a life of its own: a backup.
  synchronized InMemoryEventLog copy() {
    InMemoryEventLog copy = new InMemoryEventLog(clock, retained);
    byId.forEach((id, log) -> copy.byId.put(id, log.copy()));
    byName.forEach(
        (topic, log) -> copy.byName.put(topic, Objects.requireNonNull(copy.byId.get(log.id))));
    copy.changes.addAll(changes);
    copy.changed = changed;
    copy.lastId = lastId;
    return copy;
  }

  @Override
  public boolean transactional() {
    return false;
  }

  @Override
  public synchronized Optional<Head> find(Topic topic) {
    return Optional.ofNullable(byName.get(topic)).map(Log::head);
  }

  @Override
  public synchronized List<Head> heads(Collection<Long> topicIds) {
    return topicIds.stream().map(byId::get).filter(Objects::nonNull).map(Log::head).toList();
  }

  @Override
  public synchronized Optional<Page> read(long topicId, long after, int limit) {
    return Optional.ofNullable(byId.get(topicId)).map(log -> log.page(after, limit));
  }

  @Override
  public synchronized Changes changesSince(@Nullable LogSnapshot previous, int limit) {
    LogSnapshot now = new LogSnapshot("memory", changed, List.of());
    if (previous == null) {
      return new Changes(now, true, List.of());
    }
    long since = changed - previous.xmax();
    boolean complete = since >= 0 && since <= Math.min(limit, changes.size());
    return new Changes(
        now,
        complete,
        complete ? changes.stream().skip(changes.size() - since).toList() : List.of());
  }

  @Override
  public synchronized void create(Topic topic) {
    log(topic);
  }

  private Log log(Topic topic) {
    return byName.computeIfAbsent(
        topic,
        name -> {
          Log log = new Log(++lastId, name.kind());
          byId.put(log.id, log);
          return log;
        });
  }

  @Override
  public synchronized Map<Topic, Appended> append(Map<Topic, List<NewEvent>> batch) {
    Map<Topic, Appended> stored = new LinkedHashMap<>();
    batch.forEach((topic, events) -> stored.put(topic, appendAlone(topic, events)));
    return stored;
  }

  @Override
  public synchronized Keyed append(Topic topic, NewEvent event, IdempotencyKey key) {
    Log log = log(topic);
    String hash = HexFormat.of().formatHex(JdbcEventLog.hash(event));
    Used used = log.keys.get(key);
    if (used != null) {
      if (!hash.equals(used.hash)) {
        throw new IdempotencyKeyReusedException(topic, key);
      }
      return JdbcEventLog.duplicate(used.position);
    }
    Appended stored = appendAlone(topic, List.of(event));
    Position position = stored.events().getFirst().event().position();
    log.keys.put(key, new Used(hash, position));
    return new Keyed(new AppendResult.Appended(position), Optional.of(stored));
  }

  @Override
  public synchronized Appended appendAlone(Topic topic, List<NewEvent> events) {
    Log log = log(topic);
    List<StoredEvent> stored = new ArrayList<>();
    for (NewEvent event : events) {
      stored.add(add(log, event, List.of()));
    }
    return new Appended(log.id, stored);
  }

  private StoredEvent add(Log log, NewEvent event, List<Long> redacts) {
    StoredEvent stored = log.add(event, redacts, clock.instant());
    log.trim(log.head - retained + 1);
    changes.add(new Changes.Change(log.id, log.head, log.tag));
    changed++;
    if (changes.size() > CHANGES) {
      changes.remove();
    }
    return stored;
  }

  @Override
  public synchronized Appended redact(
      Topic topic, List<Long> offsets, String replacement, NewEvent announcement) {
    Log log = byName.get(topic);
    if (log == null) {
      throw new IllegalArgumentException("topic: " + topic + " (unknown)");
    }
    StoredEvent announced = add(log, announcement, offsets);
    for (long offset : offsets) {
      log.events.computeIfPresent(
          offset,
          (_, old) ->
              new StoredEvent(
                  new Event(
                      old.event().position(), old.event().type(), old.event().time(), replacement),
                  old.previousTag(),
                  old.redacts()));
    }
    return new Appended(log.id, List.of(announced));
  }

  @Override
  public synchronized void delete(Topic topic) {
    Log log = byName.remove(topic);
    if (log != null) {
      log.deleted = clock.instant();
    }
  }

  @Override
  public synchronized List<Extent> extents(long afterId, int limit) {
    return byId.values().stream()
        .filter(log -> log.id > afterId && log.deleted == null)
        .limit(limit)
        .map(
            log -> {
              StoredEvent oldest = log.events.get(log.floor);
              return new Extent(
                  log.id,
                  log.kind,
                  log.floor,
                  log.head,
                  oldest == null ? null : oldest.event().time());
            })
        .toList();
  }

  @Override
  public synchronized OptionalLong lastBefore(long topicId, Instant time, int limit) {
    Log log = byId.get(topicId);
    return log == null
        ? OptionalLong.empty()
        : log.events.values().stream()
            .limit(limit)
            .filter(event -> event.event().time().isBefore(time))
            .mapToLong(StoredEvent::offset)
            .max();
  }

  @Override
  public synchronized int trim(long topicId, long floor, int limit) {
    Log log = byId.get(topicId);
    return log == null ? 0 : log.trim(Math.min(floor, log.floor + limit));
  }

  @Override
  public synchronized int purge(Duration ago, int limit) {
    Instant latest = clock.instant().minus(ago);
    for (Log log : byId.values()) {
      if (log.deleted != null && !log.deleted.isAfter(latest)) {
        byId.remove(log.id);
        return 1;
      }
    }
    return 0;
  }

  private record Used(String hash, Position position) {}

  private static final class Log {

    final long id;
    final String kind;
    final TreeMap<Long, StoredEvent> events = new TreeMap<>();
    final Map<IdempotencyKey, Used> keys = new HashMap<>();
    long head;
    long tag = Tags.next();
    long floor = 1;
    long floorTag = tag;
    @Nullable Instant deleted;

    Log(long id, String kind) {
      this.id = id;
      this.kind = kind;
    }

    Log copy() {
      Log copy = new Log(id, kind);
      copy.events.putAll(events);
      copy.keys.putAll(keys);
      copy.head = head;
      copy.tag = tag;
      copy.floor = floor;
      copy.floorTag = floorTag;
      copy.deleted = deleted;
      return copy;
    }

    Head head() {
      return new Head(id, head, tag, floor, floorTag);
    }

    StoredEvent add(NewEvent event, List<Long> redacts, Instant time) {
      long previous = tag;
      head++;
      tag = Tags.next();
      String data = JdbcEventLog.data(event, head);
      StoredEvent stored =
          new StoredEvent(
              new Event(new Position(head, tag), event.type(), time, data), previous, redacts);
      events.put(head, stored);
      return stored;
    }

    Page page(long after, int limit) {
      StoredEvent at = events.get(after);
      long afterTag = at != null ? at.tag() : after == head ? tag : after < floor ? floorTag : -1;
      return new Page(
          head(), afterTag, events.tailMap(after, false).values().stream().limit(limit).toList());
    }

    int trim(long newFloor) {
      int removed = 0;
      while (floor < newFloor && floor <= head) {
        StoredEvent gone = Objects.requireNonNull(events.remove(floor));
        floorTag = gone.tag();
        keys.values().removeIf(used -> used.position.offset() == gone.offset());
        floor++;
        removed++;
      }
      return removed;
    }
  }
}
