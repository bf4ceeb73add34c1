package io.plimsoll.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/// Holds a row, so that whoever needs it gets as far as there and no further. They wait for 2 s at
/// most.
final class Blocker implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final JdbcClient database;
  private final Connection connection;
  private final int pid;

  /// @param lock a statement that locks one row and answers one column
  Blocker(TestDatabase database, String lock, String parameter) throws SQLException {
    this.database = JdbcClient.create(database.dataSource());
    connection = database.dataSource().getConnection();
    connection.setAutoCommit(false);
    JdbcClient held = JdbcClient.create(new SingleConnectionDataSource(connection, true));
    pid = held.sql("select pg_backend_pid()").query(Integer.class).single();
    assertThat(held.sql(lock).param(parameter).query(Integer.class).list()).hasSize(1);
  }

  /// Until somebody waits.
  void awaitSomebody() {
    awaitOne("select pid from pg_stat_activity where ? = any(pg_blocking_pids(pid))");
  }

  /// Until so many wait, each for the blocker or for one who waits before.
  void await(int waiting) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database
                    .sql(
                        """
                        select count(*) from pg_stat_activity
                        where wait_event_type = 'Lock' and datname = current_database()
                        """)
                    .query(Integer.class)
                    .single()
                    .equals(waiting));
  }

  /// As the death of their process would: the server rolls back what they were at.
  void killWhoWaits() {
    awaitOne(
        """
        select case when pg_terminate_backend(pid) then pid end from pg_stat_activity
        where ? = any(pg_blocking_pids(pid))
        """);
  }

  private void awaitOne(String sql) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> !database.sql(sql).param(pid).query(Integer.class).list().isEmpty());
  }

  @Override
  public void close() throws SQLException {
    connection.rollback();
    connection.close();
  }
}
