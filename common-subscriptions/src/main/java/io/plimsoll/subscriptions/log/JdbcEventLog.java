package io.plimsoll.subscriptions.log;

import io.plimsoll.subscriptions.AppendResult;
import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.IdempotencyKeyReusedException;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/// The event log in PostgreSQL 15 or later; its schema is described in the package documentation.
public final class JdbcEventLog implements EventLog {

  private static final String INSERT_TOPIC =
      """
      insert into ps_topic (kind, key, head_tag, tag_before, floor_tag)
      values (?, ?, ?, ?, ?) on conflict (kind, key) do nothing
      """;

  private static final String FIND =
      """
      select id, head, head_tag, floor, floor_tag from ps_topic where kind = ? and key = ?
      """;

  private static final String HEADS =
      """
      select id, head, head_tag, floor, floor_tag from ps_topic where id = any(?)
      """;

  /// The offset, the tags and the event in one statement and one round trip: the row lock is held
  /// for nothing else.
  private static final String APPEND_ONE =
      """
      with head as (
        update ps_topic set head = head + 1, tag_before = head_tag, head_tag = ?
        where kind = ? and key = ? returning id, head, tag_before)
      insert into ps_event (topic_id, "offset", tag, type, data, redacts)
      select id, head, ?, ?, case when ? then '{"offset":' || head || ? else ? end, ? from head
      returning topic_id, "offset", time, (select tag_before from head)
      """;

  /// The same for a run of events of one topic.
  private static final String APPEND_RUN =
      """
      with head as (
        update ps_topic set head = head + ?, tag_before = head_tag, head_tag = ?
        where kind = ? and key = ? returning id, head - ? as base, tag_before)
      insert into ps_event (topic_id, "offset", tag, type, data)
      select head.id, head.base + e.i, e.tag, e.type,
             case when e.numbered then '{"offset":' || (head.base + e.i) || e.data else e.data end
      from head, unnest(?, ?, ?, ?) with ordinality as e (tag, type, data, numbered, i)
      returning topic_id, "offset", time, (select tag_before from head)
      """;

  private static final String LOCK_IN_ORDER =
      """
      select t.id, t.kind, t.key from ps_topic t
      join unnest(?, ?) as n (kind, key) on t.kind = n.kind and t.key = n.key
      order by t.id for update of t
      """;

  /// The same for several topics, whose rows are locked already.
  private static final String APPEND_BATCH =
      """
      with e as (
        select x.*, row_number() over topic_run as i, count(*) over (partition by topic_id) as n
        from unnest(?, ?, ?, ?, ?) with ordinality as x (topic_id, tag, type, data, numbered, place)
        window topic_run as (partition by topic_id order by place)),
      head as (
        update ps_topic t set head = t.head + e.n, tag_before = t.head_tag, head_tag = e.tag
        from e where t.id = e.topic_id and e.i = e.n
        returning t.id, t.head - e.n as base, t.tag_before)
      insert into ps_event (topic_id, "offset", tag, type, data)
      select e.topic_id, head.base + e.i, e.tag, e.type,
             case when e.numbered then '{"offset":' || (head.base + e.i) || e.data else e.data end
      from e join head on head.id = e.topic_id
      returning topic_id, "offset", time,
                (select tag_before from head where head.id = ps_event.topic_id)
      """;

  private static final String CLAIM_KEY =
      """
      insert into ps_idempotency (topic_id, producer, key, hash, "offset", tag)
      select id, ?, ?, ?, 0, 0 from ps_topic where kind = ? and key = ?
      on conflict do nothing
      """;

  private static final String FIND_KEY =
      """
      select k.hash, k."offset", k.tag from ps_idempotency k join ps_topic t on t.id = k.topic_id
      where t.kind = ? and t.key = ? and k.producer = ? and k.key = ?
      """;

  private static final String SET_KEY =
      """
      update ps_idempotency set "offset" = ?, tag = ?
      where topic_id = ? and producer = ? and key = ?
      """;

  private static final String REDACT =
      """
      update ps_event set data = ? where topic_id = ? and "offset" = any(?)
      """;

  private static final String FREE_NAME =
      """
      update ps_topic set kind = '#deleted', key = id::text, deleted = true where kind = ? and key = ?
      """;

  private static final String READ =
      """
      select t.head, t.head_tag, t.floor, t.floor_tag,
             e."offset", e.tag, e.time, e.type, e.data, e.redacts
      from ps_topic t
      left join lateral (
        select * from ps_event e where e.topic_id = t.id and e."offset" >= ?
        order by e."offset" limit ?) e on true
      where t.id = ? order by e."offset"
      """;

  private static final String SNAPSHOT =
      """
      select pg_postmaster_start_time()::text as incarnation,
             pg_snapshot_xmax(snap)::text::bigint as xmax,
             array(select x::text::bigint from pg_snapshot_xip(snap) x) as xip
      from pg_current_snapshot() as snap
      """;

  private static final String CHANGES =
      """
      with s as materialized (select pg_current_snapshot() as snap)
      select pg_postmaster_start_time()::text as incarnation,
             pg_snapshot_xmax(s.snap)::text::bigint as xmax,
             array(select x::text::bigint from pg_snapshot_xip(s.snap) x) as xip,
             e.topic_id, e."offset", e.tag
      from s left join lateral (
        (select topic_id, "offset", tag from ps_event
         where xid >= cast(? as xid8) and xid < pg_snapshot_xmax(s.snap))
        union all
        (select topic_id, "offset", tag from ps_event where xid = any(cast(? as xid8[])))
        limit ?) e on true
      """;

  private static final String EXTENTS =
      """
      select id, kind, floor, head from ps_topic where id > ? and not deleted order by id limit ?
      """;

  private static final String LAST_BEFORE =
      """
      select max("offset") from (
        select "offset", time from ps_event where topic_id = ? order by "offset" limit ?) oldest
      where time < ?
      """;

  private static final String LOCK_TO_TRIM =
      """
      select floor, head from ps_topic where id = ? for update skip locked
      """;

  private static final String TRIM =
      """
      with gone as (
        delete from ps_event where topic_id = ? and "offset" < ? returning "offset", tag),
      keys as (delete from ps_idempotency where topic_id = ? and "offset" < ? and "offset" > 0),
      last as (select "offset", tag from gone order by "offset" desc limit 1)
      update ps_topic t set floor = last."offset" + 1, floor_tag = last.tag from last where t.id = ?
      """;

  private static final String NEXT_DELETED =
      """
      select id, floor, head from ps_topic where deleted order by id limit 1 for update skip locked
      """;

  private final JdbcTemplate jdbc;
  private final JdbcClient client;
  private final TransactionOperations transactions;

  /// @param transactions runs [#trim] and [#purge], each call in a transaction of its own
  public JdbcEventLog(JdbcTemplate jdbc, TransactionOperations transactions) {
    this.jdbc = jdbc;
    this.client = JdbcClient.create(jdbc);
    this.transactions = transactions;
  }

  @Override
  public boolean transactional() {
    return true;
  }

  @Override
  public Optional<Head> find(Topic topic) {
    return client.sql(FIND).params(topic.kind(), topic.key()).query(JdbcEventLog::head).optional();
  }

  @Override
  public List<Head> heads(Collection<Long> topicIds) {
    return client.sql(HEADS).param(1, longs(topicIds)).query(JdbcEventLog::head).list();
  }

  @Override
  public Optional<Page> read(long topicId, long after, int limit) {
    // one row more than asked: the event at `after`, whose tag links the page to what came before
    return jdbc.query(
        READ,
        rows -> {
          return rows.next() ? Optional.of(page(rows, topicId, after, limit)) : Optional.empty();
        },
        after,
        limit + 1,
        topicId);
  }

  private static Page page(ResultSet rows, long topicId, long after, int limit)
      throws SQLException {
    Head head =
        new Head(topicId, rows.getLong(1), rows.getLong(2), rows.getLong(3), rows.getLong(4));
    long afterTag =
        after == head.offset() ? head.tag() : after < head.floor() ? head.floorTag() : -1;
    List<StoredEvent> events = new ArrayList<>();
    long previousTag = afterTag;
    do {
      long offset = rows.getLong(5);
      if (rows.wasNull()) {
        break;
      }
      long tag = rows.getLong(6);
      if (offset == after) {
        afterTag = tag;
      } else if (events.size() < limit) {
        Event event =
            new Event(
                new Position(offset, tag), rows.getString(8), instant(rows, 7), rows.getString(9));
        events.add(new StoredEvent(event, previousTag, longs(rows.getArray(10))));
      }
      previousTag = tag;
    } while (rows.next());
    return new Page(head, afterTag, events);
  }

  @Override
  public Changes changesSince(@Nullable LogSnapshot previous, int limit) {
    if (previous == null) {
      return jdbc.query(
          SNAPSHOT,
          rows -> {
            rows.next();
            return new Changes(snapshot(rows), true, List.of());
          });
    }
    List<Changes.Change> events = new ArrayList<>();
    LogSnapshot[] now = new LogSnapshot[1];
    jdbc.query(
        CHANGES,
        rows -> {
          if (now[0] == null) {
            now[0] = snapshot(rows);
          }
          long topicId = rows.getLong(4);
          if (!rows.wasNull()) {
            events.add(new Changes.Change(topicId, rows.getLong(5), rows.getLong(6)));
          }
        },
        Long.toString(previous.xmax()),
        previous.inProgress().stream().map(Object::toString).toArray(String[]::new),
        limit + 1);
    boolean complete =
        events.size() <= limit
            && now[0].incarnation().equals(previous.incarnation())
            && now[0].xmax() >= previous.xmax();
    return new Changes(now[0], complete, complete ? events : List.of());
  }

  private static LogSnapshot snapshot(ResultSet rows) throws SQLException {
    return new LogSnapshot(rows.getString(1), rows.getLong(2), longs(rows.getArray(3)));
  }

  @Override
  public void create(Topic topic) {
    long tag = Tags.next();
    client.sql(INSERT_TOPIC).params(topic.kind(), topic.key(), tag, tag, tag).update();
  }

  @Override
  public Map<Topic, Appended> append(Map<Topic, List<NewEvent>> batch) {
    Map<Topic, Appended> stored = new LinkedHashMap<>();
    if (batch.size() == 1) {
      batch.forEach((topic, events) -> stored.put(topic, append(topic, events)));
      return stored;
    }
    Map<Topic, Long> ids = lockInOrder(batch.keySet());
    if (ids.size() < batch.size()) {
      // in the order of their names, so that two batches that make the same topics cannot deadlock
      batch.keySet().stream()
          .filter(topic -> !ids.containsKey(topic))
          .sorted(Comparator.comparing(Topic::kind).thenComparing(Topic::key))
          .forEach(this::create);
      ids.putAll(lockInOrder(batch.keySet()));
    }
    Map<Long, Appended> byId = appendLocked(batch, ids);
    ids.forEach((topic, id) -> stored.put(topic, Objects.requireNonNull(byId.get(id))));
    return stored;
  }

  private Map<Topic, Long> lockInOrder(Collection<Topic> topics) {
    Map<Topic, Long> ids = new HashMap<>();
    jdbc.query(
        LOCK_IN_ORDER,
        rows -> {
          ids.put(new Topic(rows.getString(2), rows.getString(3)), rows.getLong(1));
        },
        topics.stream().map(Topic::kind).toArray(String[]::new),
        topics.stream().map(Topic::key).toArray(String[]::new));
    return ids;
  }

  private Map<Long, Appended> appendLocked(Map<Topic, List<NewEvent>> batch, Map<Topic, Long> ids) {
    Run run = new Run(batch.values().stream().flatMap(List::stream).toList());
    long[] topicIds =
        batch.entrySet().stream()
            .flatMap(
                entry ->
                    Collections.nCopies(entry.getValue().size(), ids.get(entry.getKey())).stream())
            .mapToLong(Objects::requireNonNull)
            .toArray();
    Map<Long, List<Row>> rows = new HashMap<>();
    jdbc.query(
        APPEND_BATCH,
        row -> {
          rows.computeIfAbsent(row.getLong(1), _ -> new ArrayList<>()).add(row(row));
        },
        topicIds,
        run.tags,
        run.types,
        run.datas,
        run.numbered);
    Map<Long, Appended> stored = new HashMap<>();
    int from = 0;
    for (Map.Entry<Topic, List<NewEvent>> entry : batch.entrySet()) {
      Long id = Objects.requireNonNull(ids.get(entry.getKey()));
      stored.put(
          id, appended(entry.getValue(), run.tags, from, Objects.requireNonNull(rows.get(id))));
      from += entry.getValue().size();
    }
    return stored;
  }

  private Appended append(Topic topic, List<NewEvent> events) {
    Optional<Appended> stored = tryAppend(topic, events, null);
    if (stored.isEmpty()) {
      create(topic);
      stored = tryAppend(topic, events, null);
    }
    return stored.orElseThrow(() -> new IllegalStateException("topic deleted meanwhile: " + topic));
  }

  private Optional<Appended> tryAppend(
      Topic topic, List<NewEvent> events, long @Nullable [] redacts) {
    Run run = new Run(events);
    List<Row> rows;
    if (events.size() == 1) {
      long tag = run.tags[0];
      String data = run.datas[0];
      rows =
          jdbc.query(
              APPEND_ONE,
              (row, _) -> row(row),
              tag,
              topic.kind(),
              topic.key(),
              tag,
              run.types[0],
              run.numbered[0],
              data,
              data,
              redacts);
    } else {
      int n = events.size();
      rows =
          jdbc.query(
              APPEND_RUN,
              (row, _) -> row(row),
              n,
              run.tags[n - 1],
              topic.kind(),
              topic.key(),
              n,
              run.tags,
              run.types,
              run.datas,
              run.numbered);
    }
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            redacts == null
                ? appended(events, run.tags, 0, rows)
                : announced(events.getFirst(), run.tags[0], rows.getFirst(), redacts));
  }

  private static Appended announced(NewEvent event, long tag, Row row, long[] redacts) {
    List<Long> offsets = Arrays.stream(redacts).boxed().toList();
    return new Appended(
        row.topicId, List.of(stored(event, row.offset, tag, row.time, row.tagBefore, offsets)));
  }

  private static Appended appended(List<NewEvent> events, long[] tags, int from, List<Row> rows) {
    long first = rows.stream().mapToLong(Row::offset).min().orElseThrow();
    Row any = rows.getFirst();
    List<StoredEvent> stored = new ArrayList<>(events.size());
    long previous = any.tagBefore;
    for (int i = 0; i < events.size(); i++) {
      long tag = tags[from + i];
      stored.add(stored(events.get(i), first + i, tag, any.time, previous, List.of()));
      previous = tag;
    }
    return new Appended(any.topicId, stored);
  }

  private static StoredEvent stored(
      NewEvent event, long offset, long tag, Instant time, long previous, List<Long> redacts) {
    String data = event.numbered() ? "{\"offset\":" + offset + afterOffset(event) : event.data();
    return new StoredEvent(
        new Event(new Position(offset, tag), event.type(), time, data), previous, redacts);
  }

  /// What follows the offset in the data of a numbered event.
  private static String afterOffset(NewEvent event) {
    String rest = event.data().substring(1);
    return rest.stripLeading().startsWith("}") ? rest : "," + rest;
  }

  @Override
  public Keyed append(Topic topic, NewEvent event, IdempotencyKey key) {
    byte[] hash = hash(event);
    if (find(topic).isEmpty()) {
      create(topic);
    }
    // waits for a transaction under way with the same key, then sees what became of it
    int claimed =
        client
            .sql(CLAIM_KEY)
            .params(key.producer(), key.key(), hash, topic.kind(), topic.key())
            .update();
    if (claimed == 0) {
      return client
          .sql(FIND_KEY)
          .params(topic.kind(), topic.key(), key.producer(), key.key())
          .query(
              (row, _) -> {
                if (!MessageDigest.isEqual(hash, row.getBytes(1))) {
                  throw new IdempotencyKeyReusedException(topic, key);
                }
                return duplicate(new Position(row.getLong(2), row.getLong(3)));
              })
          .single();
    }
    Appended stored = append(topic, List.of(event));
    Position position = stored.events().getFirst().event().position();
    client
        .sql(SET_KEY)
        .params(position.offset(), position.tag(), stored.topicId(), key.producer(), key.key())
        .update();
    return new Keyed(new AppendResult.Appended(position), Optional.of(stored));
  }

  static Keyed duplicate(Position position) {
    return new Keyed(new AppendResult.Duplicate(position), Optional.empty());
  }

  static byte[] hash(NewEvent event) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(event.type().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      return digest.digest(event.data().getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// One statement with auto-commit is a transaction of its own and saves the round trip of a
  /// commit.
  @Override
  public Appended appendAlone(Topic topic, List<NewEvent> events) {
    return jdbc.execute(
        (ConnectionCallback<Appended>)
            connection -> {
              boolean before = connection.getAutoCommit();
              if (!before) {
                connection.setAutoCommit(true);
              }
              try {
                return append(topic, events);
              } finally {
                if (!before) {
                  connection.setAutoCommit(false);
                }
              }
            });
  }

  @Override
  public Appended redact(
      Topic topic, List<Long> offsets, String replacement, NewEvent announcement) {
    long[] redacts = longs(offsets);
    Appended stored =
        tryAppend(topic, List.of(announcement), redacts)
            .orElseThrow(() -> new IllegalArgumentException("topic: " + topic + " (unknown)"));
    jdbc.update(REDACT, replacement, stored.topicId(), redacts);
    return stored;
  }

  @Override
  public void delete(Topic topic) {
    client.sql(FREE_NAME).params(topic.kind(), topic.key()).update();
  }

  @Override
  public List<Extent> extents(long afterId, int limit) {
    return client
        .sql(EXTENTS)
        .params(afterId, limit)
        .query(
            (row, _) ->
                new Extent(row.getLong(1), row.getString(2), row.getLong(3), row.getLong(4)))
        .list();
  }

  @Override
  public OptionalLong lastBefore(long topicId, Instant time, int limit) {
    Long last =
        jdbc.queryForObject(LAST_BEFORE, Long.class, topicId, limit, time.atOffset(ZoneOffset.UTC));
    return last == null ? OptionalLong.empty() : OptionalLong.of(last);
  }

  @Override
  public int trim(long topicId, long floor, int limit) {
    Integer removed =
        transactions.execute(
            _ ->
                jdbc.query(
                    LOCK_TO_TRIM,
                    rows -> {
                      return rows.next()
                          ? trimLocked(topicId, rows.getLong(1), rows.getLong(2), floor, limit)
                          : 0;
                    },
                    topicId));
    return removed == null ? 0 : removed;
  }

  private int trimLocked(long topicId, long oldFloor, long head, long floor, int limit) {
    long below = Math.min(Math.min(floor, head + 1), oldFloor + limit);
    if (below <= oldFloor) {
      return 0;
    }
    jdbc.update(TRIM, topicId, below, topicId, below, topicId);
    return (int) (below - oldFloor);
  }

  @Override
  public int purge(int limit) {
    Integer removed =
        transactions.execute(
            _ ->
                jdbc.query(
                    NEXT_DELETED,
                    rows -> {
                      return rows.next()
                          ? purgeLocked(rows.getLong(1), rows.getLong(2), rows.getLong(3), limit)
                          : 0;
                    }));
    return removed == null ? 0 : removed;
  }

  private int purgeLocked(long topicId, long floor, long head, int limit) {
    if (floor <= head) {
      return trimLocked(topicId, floor, head, head + 1, limit);
    }
    jdbc.update("delete from ps_idempotency where topic_id = ?", topicId);
    return jdbc.update("delete from ps_topic where id = ?", topicId);
  }

  private static Head head(ResultSet row, int number) throws SQLException {
    return new Head(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5));
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  private static long[] longs(Collection<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private static List<Long> longs(@Nullable Array array) throws SQLException {
    return array == null ? List.of() : List.of((Long[]) array.getArray());
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(row.getLong(1), row.getLong(2), instant(row, 3), row.getLong(4));
  }

  /// What an append statement returns per event.
  private record Row(long topicId, long offset, Instant time, long tagBefore) {}

  /// A run of events as the columns that the statements take.
  private static final class Run {

    final long[] tags;
    final String[] types;
    final String[] datas;
    final boolean[] numbered;

    Run(List<NewEvent> events) {
      int n = events.size();
      tags = new long[n];
      types = new String[n];
      datas = new String[n];
      numbered = new boolean[n];
      for (int i = 0; i < n; i++) {
        NewEvent event = events.get(i);
        tags[i] = Tags.next();
        types[i] = event.type();
        datas[i] = event.numbered() ? afterOffset(event) : event.data();
        numbered[i] = event.numbered();
      }
    }
  }
}
