package io.plimsoll.subscriptions.log;

import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;

/// An in-memory log to which happens what happens to databases: it goes away, stands still, goes
/// back to a backup.
public final class TestLog implements EventLog {

  private final AtomicReference<InMemoryEventLog> log;
  private final AtomicInteger incarnation = new AtomicInteger();
  private final AtomicInteger reads = new AtomicInteger();
  private volatile BooleanSupplier failing = () -> false;
  private volatile CountDownLatch held = new CountDownLatch(0);

  public TestLog(Clock clock) {
    log = new AtomicReference<>(new InMemoryEventLog(clock));
  }

  /// A copy of the log as it is now.
  public InMemoryEventLog backup() {
    return log.get().copy();
  }

  public void restore(InMemoryEventLog backup) {
    log.set(backup.copy());
    incarnation.incrementAndGet();
  }

  /// Decides of each read whether it fails.
  public void failReads(BooleanSupplier failing) {
    this.failing = failing;
  }

  /// Lets reads wait until [#release].
  public void hold() {
    held = new CountDownLatch(1);
  }

  public void release() {
    held.countDown();
  }

  /// Reads of events so far.
  public int reads() {
    return reads.get();
  }

  private <T> T read(Supplier<T> read) {
    try {
      held.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataAccessResourceFailureException("interrupted", e);
    }
    if (failing.getAsBoolean()) {
      throw new DataAccessResourceFailureException("the log is away");
    }
    return read.get();
  }

  @Override
  public boolean transactional() {
    return false;
  }

  @Override
  public Optional<Head> find(Topic topic) {
    return read(() -> log.get().find(topic));
  }

  @Override
  public List<Head> heads(Collection<Long> topicIds) {
    return read(() -> log.get().heads(topicIds));
  }

  @Override
  public Optional<Page> read(long topicId, long after, int limit) {
    reads.incrementAndGet();
    return read(() -> log.get().read(topicId, after, limit));
  }

  @Override
  public Changes changesSince(@Nullable LogSnapshot previous, int limit) {
    return read(
        () -> {
          String now = Integer.toString(incarnation.get());
          Changes changes = log.get().changesSince(previous, limit);
          LogSnapshot snapshot =
              new LogSnapshot(now, changes.snapshot().xmax(), changes.snapshot().inProgress());
          boolean same = previous == null || previous.incarnation().equals(now);
          return new Changes(
              snapshot, same && changes.complete(), same ? changes.events() : List.of());
        });
  }

  @Override
  public void create(Topic topic) {
    log.get().create(topic);
  }

  @Override
  public Map<Topic, Appended> append(Map<Topic, List<NewEvent>> batch) {
    return log.get().append(batch);
  }

  @Override
  public Keyed append(Topic topic, NewEvent event, IdempotencyKey key) {
    return log.get().append(topic, event, key);
  }

  @Override
  public Appended appendAlone(Topic topic, List<NewEvent> events) {
    return log.get().appendAlone(topic, events);
  }

  @Override
  public Appended redact(
      Topic topic, List<Long> offsets, String replacement, NewEvent announcement) {
    return log.get().redact(topic, offsets, replacement, announcement);
  }

  @Override
  public void delete(Topic topic) {
    log.get().delete(topic);
  }

  @Override
  public List<Extent> extents(long afterId, int limit) {
    return log.get().extents(afterId, limit);
  }

  @Override
  public OptionalLong lastBefore(long topicId, Instant time, int limit) {
    return log.get().lastBefore(topicId, time, limit);
  }

  @Override
  public int trim(long topicId, long floor, int limit) {
    return log.get().trim(topicId, floor, limit);
  }

  @Override
  public int purge(Duration ago, int limit) {
    return log.get().purge(ago, limit);
  }
}
