package io.plimsoll.subscriptions.append;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.plimsoll.subscriptions.AppendResult;
import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.EventLog.Appended;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.log.StoredEvent;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/// Appends in the caller's transaction and delivers once that has committed. With a log that has no
/// transactions, appends are real, and delivered, at once.
///
/// Safe for use by many threads. Every method may wait for the database.
public final class TransactionalTopics implements Topics {

  private final EventLog log;
  private final Delivery delivery;
  private final AppendSettings settings;
  private final GroupCommit groupCommit;
  private final Allowances allowances;
  private final Cache<Topic, Long> ids;
  private volatile long undone;

  public TransactionalTopics(
      EventLog log, Delivery delivery, AppendSettings settings, Ticker ticker) {
    this.log = log;
    this.delivery = delivery;
    this.settings = settings;
    this.groupCommit = new GroupCommit(log::appendAlone, delivery, settings);
    this.allowances = new Allowances(settings.ephemeralRate(), settings.ephemeralBurst(), ticker);
    // an ephemeral event may miss a topic made again a minute ago on another node: it is best
    // effort; one that has got this id meanwhile does not take it
    this.ids =
        Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofMinutes(1))
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
  }

  @Override
  public void create(Topic topic) {
    requireTransaction();
    log.create(topic);
  }

  @Override
  public Position append(Topic topic, NewEvent event) {
    return append(topic, List.of(event)).getFirst();
  }

  @Override
  public List<Position> append(Topic topic, List<NewEvent> events) {
    return append(Map.of(topic, events)).values().iterator().next();
  }

  @Override
  public Map<Topic, List<Position>> append(Map<Topic, List<NewEvent>> batch) {
    if (batch.isEmpty() || batch.values().stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException("batch: " + batch.keySet() + " (expected: events each)");
    }
    batch.values().forEach(events -> events.forEach(this::check));
    requireNoAppendYet();
    Map<Topic, Appended> stored = log.append(batch);
    deliverAfterCommit(stored.values());
    Map<Topic, List<Position>> positions = new LinkedHashMap<>();
    stored.forEach((topic, appended) -> positions.put(topic, positions(appended)));
    return positions;
  }

  private static List<Position> positions(Appended appended) {
    return appended.events().stream().map(stored -> stored.event().position()).toList();
  }

  @Override
  public AppendResult append(Topic topic, NewEvent event, IdempotencyKey key) {
    check(event);
    requireNoAppendYet();
    EventLog.Keyed keyed = log.append(topic, event, key);
    keyed.stored().ifPresent(stored -> deliverAfterCommit(List.of(stored)));
    return keyed.result();
  }

  @Override
  public Position appendAlone(Topic topic, NewEvent event) {
    check(event);
    if (log.transactional() && TransactionSynchronizationManager.isActualTransactionActive()) {
      throw new IllegalStateException(
          "appendAlone inside a transaction: its event would stay if that rolls back (expected:"
              + " append)");
    }
    return groupCommit.append(topic, event);
  }

  @Override
  public Position redact(
      Topic topic, List<Long> offsets, String replacement, NewEvent announcement) {
    Payloads.checked(replacement, settings.maxData());
    check(announcement);
    requireNoAppendYet();
    Appended stored = log.redact(topic, offsets, replacement, announcement);
    deliverAfterCommit(List.of(stored));
    return positions(stored).getFirst();
  }

  @Override
  public boolean ephemeral(Topic topic, String sender, String type, String data) {
    NewEvent checked = NewEvent.of(type, Payloads.checked(data, settings.maxEphemeralData()));
    if (!allowances.take(topic, sender)) {
      return false;
    }
    id(topic).ifPresent(id -> delivery.ephemeral(id, topic, checked.type(), checked.data()));
    return true;
  }

  private Optional<Long> id(Topic topic) {
    long now = delivery.undone();
    if (undone != now) {
      undone = now;
      ids.invalidateAll();
    }
    Optional<Long> cached = Optional.ofNullable(ids.getIfPresent(topic));
    if (cached.isPresent()) {
      return cached;
    }
    Optional<Long> found = log.find(topic).map(Head::topicId);
    found.ifPresent(id -> ids.put(topic, id));
    return found;
  }

  @Override
  public void delete(Topic topic) {
    requireTransaction();
    log.delete(topic);
    ids.invalidate(topic);
  }

  private void check(NewEvent event) {
    Payloads.checked(event.data(), settings.maxData());
  }

  private void requireTransaction() {
    if (log.transactional()
        && !(TransactionSynchronizationManager.isActualTransactionActive()
            && TransactionSynchronizationManager.isSynchronizationActive())) {
      throw new IllegalStateException("no transaction (expected: the caller's, to join)");
    }
  }

  private void requireNoAppendYet() {
    requireTransaction();
    if (TransactionSynchronizationManager.hasResource(this)) {
      throw new IllegalStateException(
          "this transaction has appended already: appends in opposite orders would deadlock"
              + " (expected: one call, with a batch if there are several topics)");
    }
  }

  private void deliverAfterCommit(Collection<Appended> stored) {
    List<Appended> appended = List.copyOf(stored);
    if (log.transactional()) {
      PendingDelivery pending = new PendingDelivery(this, () -> deliver(appended));
      pending.bind();
      TransactionSynchronizationManager.registerSynchronization(pending);
    } else {
      deliver(appended);
    }
  }

  private void deliver(List<Appended> appended) {
    for (Appended each : appended) {
      List<StoredEvent> events = each.events();
      delivery.appended(each.topicId(), events);
    }
  }
}
