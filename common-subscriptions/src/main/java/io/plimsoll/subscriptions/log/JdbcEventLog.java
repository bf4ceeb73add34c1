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
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
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
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.SQLErrorCodeSQLExceptionTranslator;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionSynchronizationManager;

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
      insert into ps_event (topic_id, "offset", tag, type, data)
      select id, head, ?, ?, case when ? then '{"offset":' || head || ? else ? end from head
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

  /// All of these topics, or none if one is missing.
  private static final String LOCK_IN_ORDER =
      """
      with named as (select * from unnest(?, ?) as n (kind, key))
      select t.id, t.kind, t.key from ps_topic t join named using (kind, key)
      where (select count(*) from ps_topic join named using (kind, key)) = ?
      order by t.id for no key update of t
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

  /// The announcement, with the offsets that it is about, and what it redacts.
  private static final String REDACT =
      """
      update ps_event set data = case when "offset" = ? then data else ? end,
                          redacts = case when "offset" = ? then ? else redacts end
      where topic_id = ? and ("offset" = any(?) or "offset" = ?)
      """;

  private static final String FREE_NAME =
      """
      update ps_topic set kind = '#deleted', key = id::text, deleted = true, deleted_at = now()
      where kind = ? and key = ?
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

  /// Another after a restart, a fail-over, and a restore by whatever means: of the data directory,
  /// of the database (dropped or renamed, made again) or of its tables. Known without reading any
  /// row.
  private static final String INCARNATION =
      """
      concat_ws('/', pg_postmaster_start_time(),
                (select oid from pg_database where datname = current_database()),
                pg_relation_filenode('ps_topic'), pg_relation_filenode('ps_event'))\
      """;

  private static final String SNAPSHOT =
      """
      select %s as incarnation,
             pg_snapshot_xmax(snap)::text::bigint as xmax,
             array(select x::text::bigint from pg_snapshot_xip(snap) x) as xip
      from pg_current_snapshot() as snap
      """
          .formatted(INCARNATION);

  private static final String CHANGES =
      """
      with s as materialized (select pg_current_snapshot() as snap)
      select %s as incarnation,
             pg_snapshot_xmax(s.snap)::text::bigint as xmax,
             array(select x::text::bigint from pg_snapshot_xip(s.snap) x) as xip,
             e.topic_id, e."offset", e.tag
      from s left join lateral (
        (select topic_id, "offset", tag from ps_event
         where xid >= cast(? as xid8) and xid < pg_snapshot_xmax(s.snap))
        union all
        (select topic_id, "offset", tag from ps_event where xid = any(cast(? as xid8[])))
        limit ?) e on true
      """
          .formatted(INCARNATION);

  private static final String EXTENTS =
      """
      select t.id, t.kind, t.floor, t.head, e.time
      from ps_topic t left join ps_event e on e.topic_id = t.id and e."offset" = t.floor
      where t.id > ? and not t.deleted order by t.id limit ?
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
      select id, floor, head from ps_topic
      where deleted and deleted_at <= now() - make_interval(secs => ?)
      order by deleted_at limit 1 for update skip locked
      """;

  /// A connection to a machine that is gone looks idle for a quarter of an hour. Feeds and the head
  /// check, which are all that keeps the node's streams moving, do not wait for that.
  private static final Duration LONGEST_READ = Duration.ofSeconds(10);

  private final JdbcTemplate jdbc;
  private final JdbcTemplate reads;
  private final JdbcClient client;
  private final JdbcClient readClient;
  private final TransactionOperations transactions;
  private volatile @Nullable Boolean autoCommits;

  /// @param transactions runs [#trim], [#purge] and, on connections without auto-commit,
  ///   [#appendAlone], each call in a transaction of its own
  public JdbcEventLog(JdbcTemplate jdbc, TransactionOperations transactions) {
    DataSource database = Objects.requireNonNull(jdbc.getDataSource());
    this.jdbc = new JdbcTemplate(database);
    this.reads = new JdbcTemplate(new Impatient(database));
    this.jdbc.setQueryTimeout(jdbc.getQueryTimeout());
    // the default one does not know PostgreSQL's code for a lock timeout, which callers answer 503
    this.jdbc.setExceptionTranslator(new SQLErrorCodeSQLExceptionTranslator("PostgreSQL"));
    this.reads.setQueryTimeout(jdbc.getQueryTimeout());
    this.reads.setExceptionTranslator(this.jdbc.getExceptionTranslator());
    this.client = JdbcClient.create(this.jdbc);
    this.readClient = JdbcClient.create(reads);
    this.transactions = transactions;
  }

  @Override
  public boolean transactional() {
    return true;
  }

  @Override
  public Optional<Head> find(Topic topic) {
    // inside a transaction it belongs to that one's snapshot
    JdbcClient reader =
        TransactionSynchronizationManager.isActualTransactionActive() ? client : readClient;
    return reader.sql(FIND).params(topic.kind(), topic.key()).query(JdbcEventLog::head).optional();
  }

  @Override
  public List<Head> heads(Collection<Long> topicIds) {
    return readClient.sql(HEADS).param(1, longs(topicIds)).query(JdbcEventLog::head).list();
  }

  @Override
  public Optional<Page> read(long topicId, long after, int limit) {
    // one row more than asked: the event at `after`, whose tag links the page to what came before
    return reads.query(
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
      return reads.query(
          SNAPSHOT,
          rows -> {
            rows.next();
            return new Changes(snapshot(rows), true, List.of());
          });
    }
    List<Changes.Change> events = new ArrayList<>();
    LogSnapshot[] now = new LogSnapshot[1];
    reads.query(
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

  /// Also called without a transaction, for the first reader of a topic.
  @Override
  public void create(Topic topic) {
    if (autoCommits() || TransactionSynchronizationManager.isActualTransactionActive()) {
      insert(topic);
    } else {
      transactions.executeWithoutResult(_ -> insert(topic));
    }
  }

  private void insert(Topic topic) {
    long tag = Tags.next();
    client.sql(INSERT_TOPIC).params(topic.kind(), topic.key(), tag, tag, tag).update();
  }

  @Override
  public Map<Topic, Appended> append(Map<Topic, List<NewEvent>> batch) {
    if (batch.size() == 1) {
      Map.Entry<Topic, List<NewEvent>> only = batch.entrySet().iterator().next();
      return Map.of(only.getKey(), append(only.getKey(), only.getValue()));
    }
    Map<Topic, Long> ids = lockInOrder(batch.keySet());
    if (ids.isEmpty()) {
      // no row is locked yet: who waits for another's new topic holds new topics only, and those in
      // the order of their names, so batches cannot deadlock
      batch.keySet().stream()
          .sorted(Comparator.comparing(Topic::kind).thenComparing(Topic::key))
          .forEach(this::create);
      ids = lockInOrder(batch.keySet());
    }
    if (ids.size() < batch.size()) {
      throw new ConcurrencyFailureException("a topic was deleted meanwhile: " + batch.keySet());
    }
    return appendLocked(batch, ids);
  }

  private Map<Topic, Long> lockInOrder(Collection<Topic> topics) {
    Map<Topic, Long> ids = new HashMap<>();
    jdbc.query(
        LOCK_IN_ORDER,
        rows -> {
          ids.put(new Topic(rows.getString(2), rows.getString(3)), rows.getLong(1));
        },
        topics.stream().map(Topic::kind).toArray(String[]::new),
        topics.stream().map(Topic::key).toArray(String[]::new),
        topics.size());
    return ids;
  }

  private Map<Topic, Appended> appendLocked(
      Map<Topic, List<NewEvent>> batch, Map<Topic, Long> ids) {
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
    Map<Topic, Appended> stored = new LinkedHashMap<>();
    int from = 0;
    for (Map.Entry<Topic, List<NewEvent>> entry : batch.entrySet()) {
      List<Row> ofTopic = Objects.requireNonNull(rows.get(ids.get(entry.getKey())));
      stored.put(entry.getKey(), appended(entry.getValue(), run.tags, from, ofTopic));
      from += entry.getValue().size();
    }
    return stored;
  }

  private Appended append(Topic topic, List<NewEvent> events) {
    Optional<Appended> stored = tryAppend(topic, events);
    if (stored.isEmpty()) {
      create(topic);
      stored = tryAppend(topic, events);
    }
    return stored.orElseThrow(() -> deletedMeanwhile(topic));
  }

  private Optional<Appended> tryAppend(Topic topic, List<NewEvent> events) {
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
              data);
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
    return rows.isEmpty() ? Optional.empty() : Optional.of(appended(events, run.tags, 0, rows));
  }

  private static Appended appended(List<NewEvent> events, long[] tags, int from, List<Row> rows) {
    long first = rows.stream().mapToLong(Row::offset).min().orElseThrow();
    Row any = rows.getFirst();
    List<StoredEvent> stored = new ArrayList<>(events.size());
    long previous = any.tagBefore;
    for (int i = 0; i < events.size(); i++) {
      long tag = tags[from + i];
      stored.add(stored(events.get(i), first + i, tag, any.time, previous));
      previous = tag;
    }
    return new Appended(any.topicId, stored);
  }

  private static StoredEvent stored(
      NewEvent event, long offset, long tag, Instant time, long previous) {
    Position position = new Position(offset, tag);
    return new StoredEvent(
        new Event(position, event.type(), time, data(event, offset)), previous, List.of());
  }

  /// The data as it is stored; the statements build the same text.
  static String data(NewEvent event, long offset) {
    return event.numbered() ? "{\"offset\":" + offset + afterOffset(event) : event.data();
  }

  /// What follows the offset in the data of a numbered event.
  private static String afterOffset(NewEvent event) {
    String rest = event.data().substring(1);
    return rest.stripLeading().startsWith("}") ? rest : "," + rest;
  }

  @Override
  public Keyed append(Topic topic, NewEvent event, IdempotencyKey key) {
    byte[] hash = hash(event);
    if (!claim(topic, key, hash)) {
      Optional<Keyed> duplicate = duplicate(topic, key, hash);
      if (duplicate.isPresent()) {
        return duplicate.get();
      }
      create(topic);
      if (!claim(topic, key, hash)) {
        return duplicate(topic, key, hash).orElseThrow(() -> deletedMeanwhile(topic));
      }
    }
    Appended stored = append(topic, List.of(event));
    Position position = stored.events().getFirst().event().position();
    client
        .sql(SET_KEY)
        .params(position.offset(), position.tag(), stored.topicId(), key.producer(), key.key())
        .update();
    return new Keyed(new AppendResult.Appended(position), Optional.of(stored));
  }

  /// False if the key is taken or there is no such topic. Waits for a transaction under way with
  /// the same key.
  private boolean claim(Topic topic, IdempotencyKey key, byte[] hash) {
    return client
            .sql(CLAIM_KEY)
            .params(key.producer(), key.key(), hash, topic.kind(), topic.key())
            .update()
        > 0;
  }

  private Optional<Keyed> duplicate(Topic topic, IdempotencyKey key, byte[] hash) {
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
        .optional();
  }

  /// The caller may repeat its transaction.
  private static ConcurrencyFailureException deletedMeanwhile(Topic topic) {
    return new ConcurrencyFailureException("topic deleted meanwhile: " + topic);
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
    return autoCommits()
        ? append(topic, events)
        : Objects.requireNonNull(transactions.execute(_ -> append(topic, events)));
  }

  /// Whether the pool's connections commit each statement, which holds for all of them or none.
  private boolean autoCommits() {
    Boolean known = autoCommits;
    if (known == null) {
      known = jdbc.execute((ConnectionCallback<Boolean>) Connection::getAutoCommit);
      autoCommits = known;
    }
    return Boolean.TRUE.equals(known);
  }

  @Override
  public Appended redact(
      Topic topic, List<Long> offsets, String replacement, NewEvent announcement) {
    Appended stored =
        tryAppend(topic, List.of(announcement))
            .orElseThrow(() -> new IllegalArgumentException("topic: " + topic + " (unknown)"));
    StoredEvent announced = stored.events().getFirst();
    long at = announced.offset();
    long[] redacted = longs(offsets);
    jdbc.update(REDACT, at, replacement, at, redacted, stored.topicId(), redacted, at);
    return new Appended(
        stored.topicId(),
        List.of(new StoredEvent(announced.event(), announced.previousTag(), offsets)));
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
                new Extent(
                    row.getLong(1),
                    row.getString(2),
                    row.getLong(3),
                    row.getLong(4),
                    row.getObject(5) == null ? null : instant(row, 5)))
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
    boolean moved = jdbc.update(TRIM, topicId, below, topicId, below, topicId) > 0;
    return moved ? (int) (below - oldFloor) : 0;
  }

  @Override
  public int purge(Duration ago, int limit) {
    Integer removed =
        transactions.execute(
            _ ->
                jdbc.query(
                    NEXT_DELETED,
                    rows -> {
                      return rows.next()
                          ? purgeLocked(rows.getLong(1), rows.getLong(2), rows.getLong(3), limit)
                          : 0;
                    },
                    ago.toMillis() / 1e3));
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

  /// Connections whose reads end after a while; a pool resets them.
  private static final class Impatient extends DelegatingDataSource {

    Impatient(DataSource database) {
      super(database);
    }

    @Override
    public Connection getConnection() throws SQLException {
      Connection connection = super.getConnection();
      try {
        connection.setNetworkTimeout(Runnable::run, (int) LONGEST_READ.toMillis());
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
      return connection;
    }
  }

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
