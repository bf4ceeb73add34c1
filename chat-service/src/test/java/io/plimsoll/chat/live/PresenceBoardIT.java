package io.plimsoll.chat.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestServer;
import io.plimsoll.subscriptions.Topic;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/// Two nodes at one board, at times of our choosing.
class PresenceBoardIT {

  private static final LiveSettings SETTINGS =
      new LiveSettings(
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofMillis(200),
          1000,
          Duration.ofSeconds(1),
          500);

  private static LettuceConnectionFactory connections;

  private final Time time = new Time();
  private final PresenceBoard here = board();
  private final PresenceBoard there = board();
  private final Topic room = ChatTopics.room("acme", UUID.randomUUID().toString(), 1);

  @BeforeAll
  static void connect() {
    TestServer server = TestBackends.redis();
    connections = new LettuceConnectionFactory(server.host(), server.port());
    connections.afterPropertiesSet();
    connections.start();
  }

  private PresenceBoard board() {
    return new PresenceBoard(new StringRedisTemplate(connections), SETTINGS, time);
  }

  @AfterAll
  static void disconnect() {
    connections.destroy();
  }

  /// Begins where Redis' own time is, by which keys expire.
  private static final class Time extends Clock {

    private Instant now = Instant.now();

    void passes(Duration duration) {
      now = now.plus(duration);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @Test
  void whoIsNotNamedForThirtySecondsIsGone() {
    here.alive();
    here.online(room, List.of("anna", "ben"));
    time.passes(Duration.ofSeconds(29));
    there.online(room, List.of("ben"));
    assertThat(there.online(room)).containsExactlyInAnyOrder("anna", "ben");
    time.passes(Duration.ofSeconds(2)); // and nothing is heard of the other node
    assertThat(there.online(room)).containsExactly("ben");
  }

  @Test
  void whoLeavesOneNodeAndStaysOnAnotherIsStillThere() {
    here.alive();
    there.alive();
    here.online(room, List.of("anna", "ben"));
    there.online(room, List.of("anna"));
    assertThat(here.offline(room, List.of("anna", "ben"))).containsExactly("ben");
    assertThat(here.online(room)).containsExactly("anna");
    assertThat(there.offline(room, List.of("anna"))).containsExactly("anna");
    assertThat(here.online(room)).isEmpty();
  }

  @Test
  void whatADeadNodeSaidKeepsNobodyOnline() {
    here.alive();
    here.online(room, List.of("anna"));
    time.passes(Duration.ofSeconds(31));
    there.alive();
    there.online(room, List.of("anna"));
    assertThat(there.offline(room, List.of("anna"))).containsExactly("anna");
    assertThat(there.online(room)).isEmpty();
  }

  @Test
  void roomsAreKeptApart() {
    Topic sameIdElsewhere = ChatTopics.room("other", ChatTopics.name(room), 1);
    here.alive();
    here.online(room, List.of("anna"));
    assertThat(there.online(sameIdElsewhere)).isEmpty();
    assertThat(there.offline(sameIdElsewhere, List.of("anna"))).containsExactly("anna");
    assertThat(there.online(room)).containsExactly("anna");
  }
}
