package io.plimsoll.subscriptions.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.plimsoll.subscriptions.AppendResult;
import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestDatabase;
import io.plimsoll.subscriptions.TestPostgres;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.EventLog.Appended;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

@Timeout(240)
class JdbcEventLogIT extends EventLogContract {

  private static final Backend backend = Backend.of(TestBackends.freshDatabase());

  private final ExecutorService others = Executors.newVirtualThreadPerTaskExecutor();
  private final JdbcTemplate jdbc = backend.jdbc;
  private final TransactionTemplate transactions = backend.transactions;
  private final JdbcEventLog log = backend.log;

  /// An event log and how to reach its database.
  private record Backend(
      HikariDataSource pool, JdbcTemplate jdbc, TransactionTemplate transactions, JdbcEventLog log)
      implements AutoCloseable {

    static Backend of(TestDatabase database) {
      HikariDataSource pool = new HikariDataSource();
      pool.setJdbcUrl(database.url());
      pool.setUsername(database.username());
      pool.setPassword(database.password());
      pool.setMaximumPoolSize(12);
      JdbcTemplate jdbc = new JdbcTemplate(pool);
      TransactionTemplate transactions = new TransactionTemplate(new JdbcTransactionManager(pool));
      return new Backend(pool, jdbc, transactions, new JdbcEventLog(jdbc, transactions));
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  @AfterEach
  void finish() {
    others.close();
  }

  @Override
  EventLog log() {
    return log;
  }

  @Override
  <T> T committed(Supplier<T> writes) {
    return Objects.requireNonNull(transactions.execute(_ -> writes.get()));
  }

  /// A transaction on a thread of its own that wrote something and stays open.
  private final class Open implements AutoCloseable {

    private final CountDownLatch wrote = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private final Future<?> transaction;
    private volatile boolean rollback;

    Open(Runnable writes) throws InterruptedException {
      transaction =
          others.submit(
              () ->
                  transactions.executeWithoutResult(
                      status -> {
                        writes.run();
                        wrote.countDown();
                        await(end);
                        if (rollback) {
                          status.setRollbackOnly();
                        }
                      }));
      wrote.await();
    }

    void commit() throws Exception {
      end.countDown();
      transaction.get();
    }

    void rollback() throws Exception {
      rollback = true;
      commit();
    }

    @Override
    public void close() {
      end.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Waits until some session of this database waits for a lock.
  private void awaitWaiter(int waiters) {
    Awaitility.await()
        .until(
            () ->
                jdbc.queryForObject(
                    """
                    select count(*) from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock'
                    """,
                    Integer.class),
            count -> count == waiters);
  }

  private void appendInside(Topic to, int n) {
    log.append(Map.of(to, List.of(event(n))));
  }

  // --- order of commits ---

  @Test
  void leavesNoHoleAfterARollback() {
    appendNumbers(topic, 1, 1);
    transactions.executeWithoutResult(
        status -> {
          appendInside(topic, 2);
          status.setRollbackOnly();
        });
    appendNumbers(topic, 2, 2);

    assertThat(readAll(topic)).extracting(StoredEvent::offset).containsExactly(1L, 2L);
    assertThat(readAll(topic).get(1).previousTag()).isEqualTo(readAll(topic).get(0).tag());
  }

  @Test
  void ordersOffsetsByCommit() throws Exception {
    create(topic);
    try (Open first = new Open(() -> appendInside(topic, 1))) {
      Future<Appended> second = others.submit(() -> appendNumbers(topic, 2, 2));
      awaitWaiter(1);
      assertThat(head(topic).offset()).isZero();
      first.commit();
      assertThat(second.get().events().getFirst().offset()).isEqualTo(2);
    }
    assertThat(readAll(topic))
        .extracting(stored -> stored.event().data())
        .containsExactly("{\"n\":1}", "{\"n\":2}");
  }

  @Test
  void takesTheOffsetOfARolledBackRival() throws Exception {
    create(topic);
    try (Open first = new Open(() -> appendInside(topic, 1))) {
      Future<Appended> second = others.submit(() -> appendNumbers(topic, 2, 2));
      awaitWaiter(1);
      first.rollback();
      assertThat(second.get().events().getFirst().offset()).isEqualTo(1);
    }
  }

  @Test
  void makesANewTopicOnceForRivals() throws Exception {
    try (Open first = new Open(() -> appendInside(topic, 1))) {
      Future<Appended> second = others.submit(() -> appendNumbers(topic, 2, 2));
      awaitWaiter(1);
      first.commit();
      assertThat(second.get().events().getFirst().offset()).isEqualTo(2);
    }
  }

  @Test
  void doesNotWaitForOtherTopics() throws Exception {
    Topic other = newTopic();
    create(topic);
    create(other);
    try (Open first = new Open(() -> appendInside(topic, 1))) {
      appendNumbers(other, 1, 1);
      first.commit();
    }
  }

  @Test
  void batchesInOppositeOrdersDoNotDeadlock() throws Exception {
    List<Topic> topics = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      topics.add(newTopic());
    }
    // some exist, some are made by whoever comes first
    create(topics.get(4));
    create(topics.get(1));
    long rounds = 40;
    List<Future<?>> writers = new ArrayList<>();
    for (List<Topic> order : List.of(topics, topics.reversed(), topics.subList(2, 5))) {
      for (int copy = 0; copy < 2; copy++) {
        writers.add(
            others.submit(
                () -> {
                  for (int n = 1; n <= rounds; n++) {
                    Map<Topic, List<NewEvent>> batch = new LinkedHashMap<>();
                    for (Topic each : order) {
                      batch.put(each, List.of(event(n)));
                    }
                    committed(() -> log.append(batch));
                  }
                }));
      }
    }
    for (Future<?> writer : writers) {
      writer.get();
    }

    assertThat(head(topics.get(0)).offset()).isEqualTo(4 * rounds);
    assertThat(head(topics.get(3)).offset()).isEqualTo(6 * rounds);
    for (Topic each : topics) {
      long previous = readAll(each).getFirst().previousTag();
      for (StoredEvent stored : readAll(each)) {
        assertThat(stored.previousTag()).isEqualTo(previous);
        previous = stored.tag();
      }
    }
  }

  @Test
  void givesUpOnATopicThatStaysLocked() throws Exception {
    create(topic);
    try (Open first = new Open(() -> appendInside(topic, 1))) {
      assertThatThrownBy(
              () ->
                  transactions.executeWithoutResult(
                      _ -> {
                        jdbc.execute("set local lock_timeout = '50ms'");
                        appendInside(topic, 2);
                      }))
          .isInstanceOf(CannotAcquireLockException.class);
      first.commit();
    }
    assertThat(head(topic).offset()).isEqualTo(1);
  }

  @Test
  void appendAloneCommitsOnConnectionsWithoutAutoCommit() {
    try (HikariDataSource manual = new HikariDataSource()) {
      manual.setJdbcUrl(backend.pool.getJdbcUrl());
      manual.setUsername(backend.pool.getUsername());
      manual.setPassword(backend.pool.getPassword());
      manual.setMaximumPoolSize(1);
      manual.setAutoCommit(false);
      new JdbcEventLog(
              new JdbcTemplate(manual), new TransactionTemplate(new JdbcTransactionManager(manual)))
          .appendAlone(topic, List.of(event(1)));
    }
    assertThat(readAll(topic)).hasSize(1);
  }

  // --- what has become visible ---

  @Test
  void findsATransactionThatStayedOpenOverSeveralLooks() throws Exception {
    create(topic);
    Topic other = newTopic();
    create(other);
    LogSnapshot snapshot = log.changesSince(null, 100).snapshot();
    try (Open slow = new Open(() -> appendInside(topic, 1))) {
      for (int n = 1; n <= 3; n++) {
        Appended quick = appendNumbers(other, n, n);
        Changes changes = log.changesSince(snapshot, 100);
        assertThat(changes.events()).containsExactlyElementsOf(changes(quick));
        snapshot = changes.snapshot();
        assertThat(snapshot.inProgress()).isNotEmpty();
      }
      slow.commit();
    }

    Changes changes = log.changesSince(snapshot, 100);
    assertThat(changes.complete()).isTrue();
    assertThat(changes.events())
        .extracting(Changes.Change::topicId)
        .containsExactly(head(topic).topicId());
    assertThat(log.changesSince(changes.snapshot(), 100).events()).isEmpty();
  }

  @Test
  void forgetsATransactionThatWasRolledBack() throws Exception {
    create(topic);
    LogSnapshot snapshot = log.changesSince(null, 100).snapshot();
    try (Open slow = new Open(() -> appendInside(topic, 1))) {
      snapshot = log.changesSince(snapshot, 100).snapshot();
      slow.rollback();
    }

    assertThat(log.changesSince(snapshot, 100).events()).isEmpty();
  }

  @Test
  void findsAppendsMadeBehindASavepoint() throws Exception {
    create(topic);
    LogSnapshot snapshot = log.changesSince(null, 100).snapshot();
    try (Open slow =
        new Open(
            () -> {
              jdbc.execute("savepoint s");
              appendInside(topic, 1);
            })) {
      snapshot = log.changesSince(snapshot, 100).snapshot();
      slow.commit();
    }

    assertThat(log.changesSince(snapshot, 100).events()).hasSize(1);
  }

  @Test
  void findsPreparedTransactions() {
    create(topic);
    LogSnapshot snapshot = log.changesSince(null, 100).snapshot();
    transactions.executeWithoutResult(
        _ -> {
          appendInside(topic, 1);
          jdbc.execute("prepare transaction 'p'");
        });
    Changes meanwhile = log.changesSince(snapshot, 100);
    assertThat(meanwhile.events()).isEmpty();

    jdbc.execute("commit prepared 'p'");

    assertThat(log.changesSince(meanwhile.snapshot(), 100).events()).hasSize(1);
  }

  @Test
  void looksWhileManyWriteSeeEveryEventOnce() throws Exception {
    List<Topic> topics = List.of(newTopic(), newTopic(), newTopic());
    topics.forEach(this::create);
    LogSnapshot snapshot = log.changesSince(null, 100).snapshot();
    List<Future<?>> writers = new ArrayList<>();
    for (Topic to : topics) {
      writers.add(
          others.submit(
              () -> {
                for (int n = 1; n <= 100; n++) {
                  appendNumbers(to, n, n);
                }
              }));
    }
    List<Changes.Change> seen = new ArrayList<>();
    boolean written = false;
    while (!written) {
      written = writers.stream().allMatch(Future::isDone);
      Changes changes = log.changesSince(snapshot, 1000);
      assertThat(changes.complete()).isTrue();
      seen.addAll(changes.events());
      snapshot = changes.snapshot();
    }

    assertThat(seen).doesNotHaveDuplicates().hasSize(300);
  }

  @Test
  void comparesHeadsAfterARestartOfTheServer() {
    try (TestPostgres postgres = TestBackends.privatePostgres();
        Backend restarted = Backend.of(postgres.freshDatabase(TestBackends.EVENT_LOG))) {
      LogSnapshot snapshot = restarted.log.changesSince(null, 100).snapshot();
      assertThat(restarted.log.changesSince(snapshot, 100).complete()).isTrue();

      postgres.stop();
      postgres.start();
      Objects.requireNonNull(restarted.pool.getHikariPoolMXBean()).softEvictConnections();

      Changes changes = restarted.log.changesSince(snapshot, 100);
      assertThat(changes.complete()).isFalse();
      assertThat(restarted.log.changesSince(changes.snapshot(), 100).complete()).isTrue();
    }
  }

  @Test
  void comparesHeadsIfTransactionIdsWentBack() {
    LogSnapshot now = log.changesSince(null, 100).snapshot();
    LogSnapshot ahead = new LogSnapshot(now.incarnation(), now.xmax() + 1000, List.of());

    assertThat(log.changesSince(ahead, 100).complete()).isFalse();
  }

  // --- keys ---

  @Test
  void waitsForARivalWithTheSameKey() throws Exception {
    create(topic);
    IdempotencyKey key = new IdempotencyKey("alice", "k1");
    try (Open first = new Open(() -> log.append(topic, event(1), key))) {
      Future<EventLog.Keyed> second =
          others.submit(() -> committed(() -> log.append(topic, event(1), key)));
      awaitWaiter(1);
      first.commit();
      assertThat(second.get().result()).isInstanceOf(AppendResult.Duplicate.class);
      assertThat(second.get().result().position()).isEqualTo(head(topic).position());
    }
    assertThat(readAll(topic)).hasSize(1);
  }

  @Test
  void appendsIfTheRivalWithTheSameKeyGivesUp() throws Exception {
    IdempotencyKey key = new IdempotencyKey("alice", "k1");
    try (Open first = new Open(() -> log.append(topic, event(1), key))) {
      Future<EventLog.Keyed> second =
          others.submit(() -> committed(() -> log.append(topic, event(1), key)));
      awaitWaiter(1);
      first.rollback();
      assertThat(second.get().result()).isInstanceOf(AppendResult.Appended.class);
    }
    assertThat(readAll(topic)).hasSize(1);
  }

  @Test
  void rollsTheKeyBackWithTheAppend() {
    IdempotencyKey key = new IdempotencyKey("alice", "k1");
    transactions.executeWithoutResult(
        status -> {
          log.append(topic, event(1), key);
          status.setRollbackOnly();
        });

    assertThat(committed(() -> log.append(topic, event(2), key)).stored()).isPresent();
  }

  // --- retention ---

  @Test
  void leavesATopicThatIsBeingWrittenForLater() throws Exception {
    appendNumbers(topic, 1, 3);
    long id = head(topic).topicId();
    try (Open writer = new Open(() -> appendInside(topic, 4))) {
      assertThat(log.trim(id, 3, 100)).isZero();
      writer.commit();
    }
    assertThat(log.trim(id, 3, 100)).isEqualTo(2);
  }

  @Test
  void readersSeeWholePagesWhileEventsAreTrimmed() throws Exception {
    appendNumbers(topic, 1, 400);
    long id = head(topic).topicId();
    Future<?> trimmer =
        others.submit(
            () -> {
              while (log.trim(id, 400, 7) > 0) {}
            });
    boolean trimmed = false;
    while (!trimmed) {
      trimmed = trimmer.isDone();
      Page page = log.read(id, 0, 500).orElseThrow();
      assertThat(page.events().getFirst().offset()).isEqualTo(page.head().floor());
      assertThat(page.events().getFirst().previousTag()).isEqualTo(page.head().floorTag());
      assertThat(page.events().getLast().offset()).isEqualTo(400);
    }
    trimmer.get();
  }

  @Test
  void removesAllRowsOfADeletedTopic() {
    long before = rows();
    committed(() -> log.append(topic, event(1), new IdempotencyKey("alice", "k1")));
    appendNumbers(topic, 2, 30);
    delete(topic);
    while (log.purge(Duration.ZERO, 10) > 0) {}

    assertThat(rows()).isLessThanOrEqualTo(before);
  }

  private long rows() {
    return Objects.requireNonNull(
        jdbc.queryForObject(
            """
            select (select count(*) from ps_topic) + (select count(*) from ps_event)
                 + (select count(*) from ps_idempotency)
            """,
            Long.class));
  }
}
