package io.plimsoll.subscriptions;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.util.FileSystemUtils;

/// PostgreSQL from its Maven Central binaries. It refuses to run as root; there it is started in a
/// user namespace of its own (`unshare`), which the machine must allow.
final class EmbeddedPostgresServer implements TestServer {

  private final int port = TestBackends.freePort();
  private final Path home;
  private EmbeddedPostgres server;

  EmbeddedPostgresServer() {
    try {
      home = Files.createTempDirectory("plimsoll-test-postgres");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server = started();
    // after a stop and a start the server's own hook would leave the data behind
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  private EmbeddedPostgres started() {
    try {
      return EmbeddedPostgres.builder()
          .setPort(port)
          .setDataDirectory(home.resolve("data"))
          .setCleanDataDirectory(false)
          .setRegisterShutdownHook(false)
          .setOutputRedirector(ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()))
          .setErrorRedirector(ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()))
          .setServerConfig("max_connections", "200")
          .setServerConfig("fsync", "off")
          .setServerConfig("max_prepared_transactions", "10")
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public synchronized void stop() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized void start() {
    server = started();
  }

  @Override
  public void close() {
    stop();
    try {
      FileSystemUtils.deleteRecursively(home);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
