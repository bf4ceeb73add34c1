package io.plimsoll.local.backend;

import io.plimsoll.local.process.Probe;
import io.plimsoll.local.process.ProcessPlan;
import io.plimsoll.local.process.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// PostgreSQL 18 with a lasting data directory, on the loopback interface only and without
/// passwords.
///
/// It is durable as in production (fsync and synchronous commit on): what a test kills must come
/// back with all it had acknowledged. The checkpoints are near enough for a recovery of a few
/// seconds.
public final class Postgres {

  /// The superuser; each service has a user and a database of its own.
  public static final String SUPERUSER = "postgres";

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final List<String> SETTINGS =
      List.of(
          "listen_addresses=127.0.0.1",
          // a socket's path must be short, and the data directory's may be long
          "unix_socket_directories=",
          "max_connections=120",
          "shared_buffers=96MB",
          "max_wal_size=256MB",
          "fsync=on",
          "log_line_prefix=%m [%p] %d ",
          // the launcher's own probes and every checkpoint would else fill the log
          "log_min_messages=warning",
          "log_checkpoints=off");

  private final Path server;
  private final Path data;
  private final Path log;
  private final int port;
  private final @Nullable Unprivileged way;

  /// @param home where binaries and data are kept
  public Postgres(Path home, Path log, int port) {
    this(home, log, port, null);
  }

  /// @param way how it is run when this is root; null to take the first that works
  Postgres(Path home, Path log, int port, @Nullable Unprivileged way) {
    this.way = way;
    this.server = home.resolve("server");
    this.data = home.resolve("data");
    this.log = log;
    this.port = port;
  }

  public ProcessPlan plan() {
    return new ProcessPlan(
        "postgres",
        port,
        0,
        "postgres 18 on " + port + " " + SETTINGS,
        this::command,
        Map.of("LC_ALL", "C", "TZ", "UTC"),
        log,
        ready(port),
        // fast shutdown: TERM would wait for every client to leave
        Signal.INT,
        PATIENCE);
  }

  /// Whether a server accepts connections on this port.
  public static Probe ready(int port) {
    return () -> {
      try (Connection _ = connect(port)) {
        return true;
      } catch (SQLException _) {
        return false;
      }
    };
  }

  /// Makes a database and the user that owns it, of the same name, unless they are there.
  public void createDatabase(String name) throws SQLException {
    try (Connection connection = connect(port);
        Statement statement = connection.createStatement()) {
      if (!exists(statement, "select 1 from pg_roles where rolname = '" + name + "'")) {
        statement.execute("create role \"" + name + "\" login");
      }
      if (!exists(statement, "select 1 from pg_database where datname = '" + name + "'")) {
        statement.execute("create database \"" + name + "\" owner \"" + name + "\"");
        statement.execute("revoke all on database \"" + name + "\" from public");
      }
    }
  }

  /// Removes a database and its user, with whoever is connected.
  public void dropDatabase(String name) throws SQLException {
    try (Connection connection = connect(port);
        Statement statement = connection.createStatement()) {
      statement.execute("drop database if exists \"" + name + "\" with (force)");
      statement.execute("drop role if exists \"" + name + "\"");
    }
  }

  private static boolean exists(Statement statement, String query) throws SQLException {
    try (var rows = statement.executeQuery(query)) {
      return rows.next();
    }
  }

  private static Connection connect(int port) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:"
            + port
            + "/postgres?connectTimeout=1&loginTimeout=1&socketTimeout=10&sslmode=disable"
            + "&gssEncMode=disable",
        SUPERUSER,
        "");
  }

  private List<String> command() throws IOException, InterruptedException {
    Unpacked.archive(Machine.here().postgresArchive(), server);
    Unprivileged unprivileged = way == null ? Unprivileged.here() : way;
    if (!Files.exists(data)) {
      initialize(unprivileged);
    }
    unprivileged.own(data);
    clearLeftovers();
    var command = new ArrayList<String>();
    command.add(server.resolve("bin/postgres").toString());
    command.addAll(List.of("-D", data.toString(), "-p", Integer.toString(port)));
    SETTINGS.forEach(setting -> command.addAll(List.of("-c", setting)));
    return unprivileged.command(command);
  }

  /// A cut-off `initdb` leaves nothing that looks like a data directory.
  private void initialize(Unprivileged unprivileged) throws IOException, InterruptedException {
    Path fresh = data.resolveSibling("data.new");
    Unpacked.delete(fresh);
    Files.createDirectory(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    unprivileged.own(fresh);
    int code =
        new ProcessBuilder(
                unprivileged.command(
                    List.of(
                        server.resolve("bin/initdb").toString(),
                        "--pgdata=" + fresh,
                        "--username=" + SUPERUSER,
                        "--auth=trust",
                        "--encoding=UTF8",
                        // the same order of text on every machine
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--no-instructions")))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start()
            .waitFor();
    if (code != 0) {
      throw new IllegalStateException("initdb ended with exit code " + code + ": see " + log);
    }
    Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
  }

  /// What a killed server leaves behind. Its backends end by themselves, but one in the middle of a
  /// long computation only after it, and the new server would not start before that. And the id in
  /// `postmaster.pid` may belong to somebody else by now, whom the server would take for itself.
  private void clearLeftovers() throws IOException, InterruptedException {
    List<ProcessHandle> backends;
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      backends = all.filter(this::worksOnData).toList();
    }
    for (ProcessHandle backend : backends) {
      backend.destroyForcibly();
    }
    for (ProcessHandle backend : backends) {
      while (worksOnData(backend)) {
        Thread.sleep(10);
      }
    }
    Path lock = data.resolve("postmaster.pid");
    if (Files.exists(lock)) {
      List<String> lines = Files.readAllLines(lock);
      boolean recycled =
          lines.isEmpty()
              || ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                  .filter(ProcessHandle::isAlive)
                  .filter(process -> !isPostgres(process))
                  .isPresent();
      if (recycled) {
        Files.delete(lock);
      }
    }
  }

  /// Every process of a server stands in its data directory; known on Linux only, elsewhere the
  /// server's own checks have to do.
  private boolean worksOnData(ProcessHandle process) {
    try {
      return Path.of("/proc", Long.toString(process.pid()), "cwd")
          .toRealPath()
          .equals(data.toRealPath());
    } catch (IOException _) {
      return false;
    }
  }

  private static boolean isPostgres(ProcessHandle process) {
    return process.info().command().filter(command -> command.endsWith("/postgres")).isPresent();
  }
}
