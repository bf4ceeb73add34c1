package io.plimsoll.subscriptions.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestDatabase;
import io.plimsoll.subscriptions.TestPostgres;
import io.plimsoll.subscriptions.TestServer;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import io.plimsoll.subscriptions.log.EventLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.TransactionException;

/// Open streams over real servers that stop, come back and go back to a backup.
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamBackendsIT {

  private static final AtomicInteger TOPICS = new AtomicInteger();

  private final TestPostgres postgres = TestBackends.privatePostgres();
  private final TestServer redis = TestBackends.privateRedis();
  private final TestDatabase database = postgres.freshDatabase(TestBackends.EVENT_LOG);
  private final ConfigurableApplicationContext service = start();
  private final Topics topics = service.getBean(Topics.class);
  private Topic topic = TestService.topic("none");

  private ConfigurableApplicationContext start() {
    return SpringApplication.run(
        TestService.class,
        "--server.port=0",
        "--spring.flyway.enabled=false",
        "--spring.threads.virtual.enabled=true",
        "--spring.datasource.url=" + database.url(),
        "--spring.datasource.username=" + database.username(),
        "--spring.datasource.password=" + database.password(),
        "--spring.data.redis.host=" + redis.host(),
        "--spring.data.redis.port=" + redis.port());
  }

  @AfterAll
  void close() {
    service.close();
    redis.close();
    postgres.close();
  }

  private static int port(ConfigurableApplicationContext service) {
    return Objects.requireNonNull(((WebServerApplicationContext) service).getWebServer()).getPort();
  }

  private EventStream live(ConfigurableApplicationContext at, String query) {
    return EventStream.open(
        port(at), "/topics/" + topic.key() + "/events" + query, "Accept: text/event-stream");
  }

  private void newTopic() {
    topic = TestService.topic("b" + TOPICS.incrementAndGet());
  }

  private Position append(int n) {
    return topics.appendAlone(topic, NewEvent.of("a", "{\"n\":" + n + "}"));
  }

  /// As a caller would who repeats what got no answer.
  private void appendAtLast(int n) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .until(
            () -> {
              try {
                append(n);
                return true;
              } catch (DataAccessException | TransactionException _) {
                return false;
              }
            });
  }

  /// The pool has found out which of its connections are gone.
  private void answersAgain() {
    EventLog log = service.getBean(EventLog.class);
    Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .ignoreExceptionsInstanceOf(DataAccessException.class)
        .until(() -> log.find(topic).isPresent());
  }

  private static void reads(EventStream stream, int from, int to) {
    List<String> seen = new ArrayList<>();
    while (seen.size() < to - from + 1) {
      for (String part : stream.skipTo("data").data().split("\"n\":", -1)) {
        seen.add(part.replaceAll("}.*", ""));
      }
      seen.removeIf(part -> !part.matches("[0-9]+"));
    }
    for (int n = from; n <= to; n++) {
      assertThat(seen.get(n - from)).isEqualTo(Integer.toString(n));
    }
  }

  @Test
  void streamsOutliveARestartOfPostgres() {
    newTopic();
    append(1);
    try (EventStream stream = live(service, "?offset=-1")) {
      reads(stream, 1, 1);
      postgres.stop();
      postgres.start();
      appendAtLast(2);
      append(3);
      reads(stream, 2, 3);
    }
  }

  @Test
  void streamsOutliveTheAbsenceOfRedis() {
    newTopic();
    append(1);
    try (ConfigurableApplicationContext other = start();
        EventStream stream = live(other, "?offset=-1")) {
      reads(stream, 1, 1);
      redis.stop();
      for (int n = 2; n <= 20; n++) {
        append(n);
      }
      reads(stream, 2, 20);
      redis.start();
      append(21);
      reads(stream, 21, 21);
    }
  }

  @Test
  void aRestoreResetsExactlyTheStreamsThatAreAhead() {
    newTopic();
    Position kept = append(1);
    JdbcTemplate admin =
        new JdbcTemplate(
            new DriverManagerDataSource(
                database.url().replaceAll("/[^/]*$", "/postgres"),
                database.username(),
                database.password()));
    String name = database.url().replaceAll(".*/", "");
    admin.execute("alter database " + name + " allow_connections false");
    admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name + "'");
    admin.execute("create database backup template " + name);
    admin.execute("alter database " + name + " allow_connections true");
    answersAgain();
    try (EventStream behind = live(service, "?offset=" + kept)) {
      behind.skipTo("control");
      appendAtLast(2);
      reads(behind, 2, 2);
      Position undone =
          new Position(
              2, Long.parseLong(Objects.requireNonNull(behind.lastId()).substring(17), 16));

      admin.execute("drop database " + name + " with (force)");
      admin.execute("alter database backup rename to " + name);

      assertThat(behind.skipTo("reset").data()).contains("lost");
      assertThat(behind.next("snapshot").id()).isEqualTo(kept.toString());
      try (EventStream fine = live(service, "?offset=" + kept);
          EventStream late = live(service, "?offset=" + undone)) {
        fine.next("retry");
        fine.next("control");
        late.skipTo("reset");
        appendAtLast(3);
        reads(fine, 3, 3);
        reads(behind, 3, 3);
        reads(late, 3, 3);
      }
    }
  }

  @Test
  void aNodeThatStopsEndsItsStreamsAndLosesNothing() {
    newTopic();
    append(1);
    ConfigurableApplicationContext stopping = start();
    List<EventStream> streams = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      EventStream stream = live(stopping, "?offset=-1&as=c" + i);
      reads(stream, 1, 1);
      streams.add(stream);
    }
    stopping.close();
    for (EventStream stream : streams) {
      assertThat(stream.skipTo("end").data())
          .isEqualTo("{\"reason\":\"drain\",\"reconnect\":true}");
      stream.assertEnds();
    }
    append(2);
    try (EventStream back = live(service, "?offset=" + streams.getFirst().lastId())) {
      reads(back, 2, 2);
    }
    streams.forEach(EventStream::close);
  }
}
