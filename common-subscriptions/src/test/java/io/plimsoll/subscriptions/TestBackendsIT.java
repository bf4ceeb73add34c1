package io.plimsoll.subscriptions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.core.JdbcTemplate;

class TestBackendsIT {

  @Test
  void databasesAreMigratedAndApart() {
    JdbcTemplate one = new JdbcTemplate(TestBackends.freshDatabase().dataSource());
    JdbcTemplate other = new JdbcTemplate(TestBackends.freshDatabase().dataSource());
    one.update(
        "insert into ps_topic (kind, key, head_tag, tag_before, floor_tag) values ('a','b',1,1,1)");

    assertThat(one.queryForObject("select count(*) from ps_topic", Long.class)).isEqualTo(1);
    assertThat(other.queryForObject("select count(*) from ps_topic", Long.class)).isZero();
  }

  @Test
  void keepsItsDataOverARestart() {
    try (TestPostgres postgres = TestBackends.privatePostgres()) {
      JdbcTemplate jdbc = new JdbcTemplate(postgres.freshDatabase().dataSource());
      jdbc.execute("create table kept as select 7 as n");

      postgres.stop();
      postgres.start();

      assertThat(jdbc.queryForList("select n from kept", Integer.class)).isEqualTo(List.of(7));
    }
  }

  @Test
  void redisComesBackOnItsPort() {
    try (TestServer redis = TestBackends.privateRedis()) {
      ping(redis);
      int port = redis.port();

      redis.stop();
      redis.start();

      assertThat(redis.port()).isEqualTo(port);
      ping(redis);
    }
  }

  private static void ping(TestServer redis) {
    LettuceConnectionFactory connections = new LettuceConnectionFactory(redis.host(), redis.port());
    connections.start();
    try {
      StringRedisTemplate template = new StringRedisTemplate(connections);
      template.opsForValue().set("a", "b");
      assertThat(template.opsForValue().get("a")).isEqualTo("b");
    } finally {
      connections.stop();
    }
  }
}
