package io.plimsoll.benchmarks;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/// The ways to append an event, as a service would use them.
@Component
class Appends {

  /// How an append is committed.
  enum How {
    /// In a transaction of the caller's.
    TRANSACTION,
    /// By the module, which lets appends to one topic share a transaction.
    ALONE
  }

  private static final int PAYLOAD = 150;

  private final Topics topics;
  private final @Nullable TransactionTemplate transactions;

  Appends(Topics topics, ObjectProvider<PlatformTransactionManager> managers) {
    this.topics = topics;
    PlatformTransactionManager manager = managers.getIfAvailable();
    this.transactions = manager == null ? null : new TransactionTemplate(manager);
  }

  static Topic topic(int number) {
    return new Topic("bench", Integer.toString(number));
  }

  /// A payload of 150 bytes that says when it was made.
  static NewEvent event(long number) {
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, Clock.systemUTC().instant());
    StringBuilder data = new StringBuilder(PAYLOAD);
    data.append("{\"t\":").append(micros).append(",\"s\":").append(number).append(",\"p\":\"");
    data.repeat('x', PAYLOAD - 2 - data.length()).append("\"}");
    return NewEvent.of("bench", data.toString());
  }

  /// A transaction where the log has them.
  How usual() {
    return transactions == null ? How.ALONE : How.TRANSACTION;
  }

  void create(Topic topic) {
    if (transactions == null) {
      topics.create(topic);
    } else {
      transactions.executeWithoutResult(_ -> topics.create(topic));
    }
  }

  Position append(Topic topic, NewEvent event, How how) {
    return switch (how) {
      case ALONE -> topics.appendAlone(topic, event);
      case TRANSACTION ->
          Objects.requireNonNull(
              Objects.requireNonNull(transactions).execute(_ -> topics.append(topic, event)));
    };
  }
}
