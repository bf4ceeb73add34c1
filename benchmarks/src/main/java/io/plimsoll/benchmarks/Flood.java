package io.plimsoll.benchmarks;

import io.plimsoll.benchmarks.Appends.How;
import io.plimsoll.subscriptions.Topic;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/// Appends as fast as a number of callers can, each waiting for its last to be committed.
@Component
class Flood {

  private final Appends appends;
  private final ObjectProvider<DataSource> database;

  Flood(Appends appends, ObjectProvider<DataSource> database) {
    this.appends = appends;
    this.database = database;
  }

  /// Appends in each second.
  long[] run(int topics, int clients, Duration time, How how) throws Exception {
    Topic[] names = new Topic[topics];
    for (int i = 0; i < topics; i++) {
      names[i] = Appends.topic(i);
    }
    long start = System.nanoTime();
    int seconds = (int) Math.max(1, time.toSeconds());
    AtomicLongArray done = new AtomicLongArray(seconds + 1);
    List<Future<?>> callers = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < clients; i++) {
        callers.add(executor.submit(() -> call(names, start, seconds, how, done)));
      }
    }
    for (Future<?> caller : callers) {
      caller.get(); // throws what an append threw
    }
    long[] each = new long[seconds];
    for (int i = 0; i < seconds; i++) {
      each[i] = done.get(i);
    }
    return each;
  }

  /// The same while another connection holds a snapshot, so that no dead version of the topic's row
  /// can be removed.
  long[] runUnderReader(int topics, int clients, Duration time, How how) throws Exception {
    try (Connection connection = database.getObject().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      statement.execute("set local idle_in_transaction_session_timeout = 0");
      statement.execute("select count(*) from ps_topic");
      try {
        return run(topics, clients, time, how);
      } finally {
        connection.rollback();
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        connection.setAutoCommit(true);
      }
    }
  }

  private void call(Topic[] topics, long start, int seconds, How how, AtomicLongArray done) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    for (long number = 1; ; number++) {
      var _ = appends.append(topics[random.nextInt(topics.length)], Appends.event(number), how);
      int second = (int) TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
      if (second >= seconds) {
        return;
      }
      done.incrementAndGet(second);
    }
  }
}
