package io.plimsoll.subscriptions.append;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.subscriptions.AppendResult;
import io.plimsoll.subscriptions.IdempotencyKey;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.JdbcEventLog;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

class TransactionalTopicsIT {

  private static final DataSource DATABASE = TestBackends.freshDatabase().dataSource();
  private static final AtomicInteger TOPICS = new AtomicInteger();

  private final Topic topic = new Topic("room", "tenant/" + TOPICS.incrementAndGet());
  private final Topic other = new Topic("room", "tenant/" + TOPICS.incrementAndGet());
  private final PlatformTransactionManager manager = new JdbcTransactionManager(DATABASE);
  private final TransactionTemplate transaction = new TransactionTemplate(manager);
  private final JdbcTemplate jdbc = new JdbcTemplate(DATABASE);
  private final JdbcEventLog log = new JdbcEventLog(jdbc, transaction);
  private final Delivered delivered = new Delivered();
  private final TransactionalTopics topics =
      new TransactionalTopics(log, delivered, AppendSettings.defaults(), System::nanoTime);

  private static NewEvent event(int n) {
    return NewEvent.of("a", Integer.toString(n));
  }

  private TransactionTemplate with(int propagation) {
    TransactionTemplate template = new TransactionTemplate(manager);
    template.setPropagationBehavior(propagation);
    return template;
  }

  private long head(Topic of) {
    return log.find(of).orElseThrow().offset();
  }

  @Test
  void deliversAfterTheCommit() {
    Position position =
        Objects.requireNonNull(
            transaction.execute(
                _ -> {
                  Position appended = topics.append(topic, event(1));
                  assertThat(delivered.batches).isEmpty();
                  return appended;
                }));

    assertThat(delivered.data()).containsExactly("1");
    assertThat(delivered.batches.getFirst().topicId())
        .isEqualTo(log.find(topic).orElseThrow().topicId());
    assertThat(delivered.batches.getFirst().events().getFirst().event().position())
        .isEqualTo(position);
  }

  @Test
  void deliversNothingAfterARollback() {
    transaction.executeWithoutResult(
        status -> {
          topics.append(topic, event(1));
          status.setRollbackOnly();
        });

    assertThat(delivered.batches).isEmpty();
    assertThat(log.find(topic)).isEmpty();
  }

  @Test
  void deliversEveryTopicOfABatch() {
    Map<Topic, List<Position>> positions =
        Objects.requireNonNull(
            transaction.execute(
                _ ->
                    topics.append(
                        Map.of(topic, List.of(event(1), event(2)), other, List.of(event(3))))));

    assertThat(positions.get(topic)).extracting(Position::offset).containsExactly(1L, 2L);
    assertThat(positions.get(other)).extracting(Position::offset).containsExactly(1L);
    assertThat(delivered.data()).containsExactlyInAnyOrder("1", "2", "3");
    assertThat(delivered.batches).hasSize(2);
  }

  @Test
  void needsATransaction() {
    assertThatThrownBy(() -> topics.append(topic, event(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("no transaction");
    assertThatThrownBy(() -> topics.append(topic, event(1), new IdempotencyKey("alice", "1")))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> topics.redact(topic, List.of(1L), "{}", event(1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> topics.delete(topic)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> topics.create(topic)).isInstanceOf(IllegalStateException.class);
    assertThat(log.find(topic)).isEmpty();
  }

  @Test
  void appendsOncePerTransaction() {
    assertThatThrownBy(
            () ->
                transaction.executeWithoutResult(
                    _ -> {
                      topics.append(topic, event(1));
                      topics.append(other, event(2));
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("this transaction has appended already");
    assertThat(delivered.batches).isEmpty();

    transaction.executeWithoutResult(_ -> topics.append(topic, event(3)));
    transaction.executeWithoutResult(_ -> topics.append(topic, event(4)));
    assertThat(delivered.data()).containsExactly("3", "4");
  }

  @Test
  void createsAndDeletesBesideAnAppend() {
    transaction.executeWithoutResult(
        _ -> {
          topics.create(other);
          topics.append(topic, event(1));
          topics.delete(topic);
        });

    assertThat(log.find(topic)).isEmpty();
    assertThat(head(other)).isZero();
    assertThat(delivered.data()).containsExactly("1");
  }

  @Test
  void mayAppendAfterADuplicate() {
    IdempotencyKey key = new IdempotencyKey("alice", "1");
    transaction.executeWithoutResult(_ -> topics.append(topic, event(1), key));
    transaction.executeWithoutResult(
        _ -> {
          assertThat(topics.append(topic, event(1), key))
              .isInstanceOf(AppendResult.Duplicate.class);
          topics.append(other, event(2));
        });

    assertThat(delivered.data()).containsExactly("1", "2");
  }

  @Test
  void keepsTransactionsInsideOneAnotherApart() {
    transaction.executeWithoutResult(
        outer -> {
          topics.append(topic, event(1));
          with(TransactionDefinition.PROPAGATION_REQUIRES_NEW)
              .executeWithoutResult(_ -> topics.append(other, event(2)));
          assertThat(delivered.data()).containsExactly("2");
          assertThatThrownBy(() -> topics.append(other, event(3)))
              .isInstanceOf(IllegalStateException.class);
        });

    assertThat(delivered.data()).containsExactly("2", "1");
  }

  @Test
  void forgetsAnAppendUndoneByASavepoint() {
    transaction.executeWithoutResult(
        _ -> {
          with(TransactionDefinition.PROPAGATION_NESTED)
              .executeWithoutResult(
                  nested -> {
                    topics.append(topic, event(1));
                    nested.setRollbackOnly();
                  });
          topics.append(topic, event(2));
        });

    assertThat(delivered.data()).containsExactly("2");
    assertThat(head(topic)).isEqualTo(1);
  }

  @Test
  void keepsAnAppendBeforeASavepoint() {
    transaction.executeWithoutResult(
        _ -> {
          topics.append(topic, event(1));
          with(TransactionDefinition.PROPAGATION_NESTED)
              .executeWithoutResult(
                  nested -> {
                    jdbc.queryForObject("select 1", Integer.class);
                    nested.setRollbackOnly();
                  });
        });

    assertThat(delivered.data()).containsExactly("1");
    assertThat(head(topic)).isEqualTo(1);
  }

  @Test
  void appendsAloneOutsideTransactionsOnly() {
    topics.appendAlone(topic, event(1));

    assertThatThrownBy(
            () -> transaction.executeWithoutResult(_ -> topics.appendAlone(topic, event(2))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("appendAlone inside a transaction");
    assertThat(delivered.data()).containsExactly("1");
    assertThat(head(topic)).isEqualTo(1);
  }

  @Test
  void redactsAndAnnounces() {
    transaction.executeWithoutResult(_ -> topics.append(topic, List.of(event(1), event(2))));
    transaction.executeWithoutResult(_ -> topics.redact(topic, List.of(2L), "null", event(3)));

    assertThat(delivered.batches.getLast().events().getFirst().redacts()).containsExactly(2L);
    long id = log.find(topic).orElseThrow().topicId();
    assertThat(log.read(id, 0, 10).orElseThrow().events())
        .extracting(stored -> stored.event().data())
        .containsExactly("1", "null", "3");
  }
}
