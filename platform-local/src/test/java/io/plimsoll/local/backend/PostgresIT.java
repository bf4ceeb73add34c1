package io.plimsoll.local.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plimsoll.local.process.Ports;
import io.plimsoll.local.process.ProcessIdentity;
import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.process.RunFile.State;
import io.plimsoll.local.process.Signal;
import io.plimsoll.local.process.Supervised;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@TestInstance(Lifecycle.PER_CLASS)
class PostgresIT {

  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private static Path directory;

  private final List<String> told = new CopyOnWriteArrayList<>();
  private Postgres postgres;
  private Supervised supervised;
  private RunFile file;
  private int port;

  @BeforeAll
  void start() throws Exception {
    port = new Ports(directory.resolve("ports")).pick("postgres", 15_432, 0);
    postgres = new Postgres(directory.resolve("postgres"), directory.resolve("log"), port);
    file = new RunFile(directory, "postgres");
    supervise();
  }

  private void supervise() throws InterruptedException {
    supervised = new Supervised(postgres.plan(), directory, told::add);
    supervised.start();
    assertThat(supervised.awaitReady(LONG)).as("%s", told).isTrue();
  }

  @AfterAll
  void end() throws InterruptedException {
    supervised.end();
  }

  private Connection connect(String database, String user) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, user, "");
  }

  private void execute(String statement) throws SQLException {
    try (Connection connection = connect("chat", "chat")) {
      connection.createStatement().execute(statement);
    }
  }

  private int count() throws SQLException {
    try (Connection connection = connect("chat", "chat");
        var rows = connection.createStatement().executeQuery("select count(*) from kept")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private void killAndAwait() {
    ProcessIdentity before = file.read().orElseThrow().identity();
    before.signal(Signal.KILL);
    await()
        .atMost(LONG)
        .until(
            () ->
                file.read()
                    .filter(now -> !now.identity().equals(before) && now.state() == State.READY)
                    .isPresent());
  }

  @Test
  void hasAllItAcknowledgedAfterItWasKilledAmongOpenConnections() throws Exception {
    postgres.createDatabase("chat");
    execute("create table if not exists kept (n int)");
    execute("truncate kept");
    try (Connection open = connect("chat", "chat")) {
      open.createStatement().execute("insert into kept values (1)");
      // a backend in the middle of something does not see by itself that its server died
      Thread.ofVirtual().start(() -> computeForLong());
      killAndAwait();
    }

    assertThat(count()).isEqualTo(1);
    assertThat(told).noneMatch(line -> line.contains("keeps dying"));
  }

  private void computeForLong() {
    try (Connection connection = connect("chat", "chat")) {
      connection.createStatement().execute("select count(*) from generate_series(1, 1000000000)");
    } catch (SQLException e) {
      // it is killed with its server
    }
  }

  @Test
  void startsAlthoughTheLeftLockNamesSomebodyElsesProcess() throws Exception {
    supervised.end();
    // the id of a process that lives and is no PostgreSQL: this one
    Files.writeString(
        directory.resolve("postgres/data/postmaster.pid"),
        ProcessHandle.current().pid() + "\n" + directory.resolve("postgres/data") + "\n");

    supervise();

    assertThat(Postgres.ready(port).ready()).isTrue();
  }

  @Test
  void keepsItsDataBetweenRuns() throws Exception {
    postgres.createDatabase("chat");
    execute("create table if not exists kept (n int)");
    execute("truncate kept");
    execute("insert into kept values (1), (2)");
    supervised.end();

    supervise();
    postgres.createDatabase("chat");

    assertThat(count()).isEqualTo(2);
  }

  @Test
  void letsNoServiceIntoAnothersDatabase() throws Exception {
    postgres.createDatabase("chat");
    postgres.createDatabase("auth");

    assertThatThrownBy(() -> connect("chat", "auth")).hasMessageContaining("permission denied");
  }

  @Test
  void writesThroughToTheDisk() throws Exception {
    try (Connection connection = connect("postgres", Postgres.SUPERUSER);
        var rows =
            connection
                .createStatement()
                .executeQuery(
                    "select current_setting('fsync'), current_setting('server_version_num')")) {
      rows.next();
      assertThat(rows.getString(1)).isEqualTo("on");
      assertThat(rows.getString(2)).startsWith("18");
    }
  }

  static List<Unprivileged> ways() {
    return List.of(Unprivileged.namespace(), Unprivileged.nobody());
  }

  /// Root's home is closed to others, as is the directory of a platform.
  @ParameterizedTest
  @MethodSource("ways")
  void runsAsRootByEitherWayInAClosedDirectory(Unprivileged way) throws Exception {
    assumeTrue(Machine.root(), "not root");
    assumeTrue(way.works(), "not allowed here");
    Path closed = Files.createTempDirectory(directory, "closed");
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    int free = new Ports(directory.resolve("ports")).pick("other", 15_432, 0);
    var other = new Postgres(closed, closed.resolve("log"), free, way);
    var run = new Supervised(other.plan(), closed, told::add);
    run.start();

    assertThat(run.awaitReady(LONG)).as("%s", told).isTrue();

    run.end();
  }
}
