package io.plimsoll.subscriptions;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.JdbcTemplate;

/// A PostgreSQL server that hands out databases.
public final class TestPostgres implements AutoCloseable {

  private final TestServer server;
  private final Map<List<String>, String> templates = new HashMap<>();
  private int databases;

  TestPostgres(TestServer server) {
    this.server = server;
  }

  /// A new database to which the migrations at these locations were applied; with none, empty.
  public synchronized TestDatabase freshDatabase(String... migrations) {
    // migrated once, then copied: a tenth of the time
    String template = templates.computeIfAbsent(List.of(migrations), this::template);
    return create("test_" + databases++, template);
  }

  private String template(List<String> migrations) {
    String name = "migrated_" + templates.size();
    TestDatabase database = create(name, "template0");
    if (!migrations.isEmpty()) {
      Flyway.configure()
          .dataSource(database.dataSource())
          .locations(migrations.toArray(String[]::new))
          .load()
          .migrate();
    }
    return name;
  }

  private TestDatabase create(String name, String template) {
    new JdbcTemplate(database("postgres").dataSource())
        .execute("create database %s template %s".formatted(name, template));
    return database(name);
  }

  private TestDatabase database(String name) {
    String url = "jdbc:postgresql://%s:%d/%s".formatted(server.host(), server.port(), name);
    return new TestDatabase(url, "postgres", "postgres");
  }

  public void stop() {
    server.stop();
  }

  /// Starts it again on the same port with the same data; returns when it answers.
  public void start() {
    server.start();
  }

  @Override
  public void close() {
    server.close();
  }
}
