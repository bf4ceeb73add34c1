package io.plimsoll.subscriptions.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RedisBusIT extends BusContract {

  private static Bus at(TestServer redis) {
    return new RedisBus(RedisURI.create(redis.host(), redis.port()));
  }

  @Override
  Bus bus() {
    return at(TestBackends.redis());
  }

  @Test
  void carriesAgainAfterRedisWasAway() {
    try (TestServer redis = TestBackends.privateRedis();
        Bus one = at(redis);
        Bus other = at(redis)) {
      List<Long> heard = new CopyOnWriteArrayList<>();
      one.start((id, _) -> heard.add(id));
      other.start((_, _) -> {});
      one.subscribe(topic);
      Awaitility.await().until(() -> one.healthy() && other.healthy());

      redis.stop();
      Awaitility.await().until(() -> !one.healthy() && !other.healthy());
      one.subscribe(topic + 1); // while it is away
      other.publish(topic, new byte[1]);
      assertThat(heard).isEmpty();
      redis.start();

      Awaitility.await()
          .atMost(Duration.ofSeconds(40))
          .until(
              () -> {
                other.publish(topic, new byte[1]);
                other.publish(topic + 1, new byte[1]);
                return heard.contains(topic) && heard.contains(topic + 1);
              });
    }
  }

  @Test
  void startsWithoutRedis() {
    try (TestServer redis = TestBackends.privateRedis()) {
      redis.stop();
      try (Bus bus = at(redis)) {
        bus.start((_, _) -> {});
        bus.subscribe(topic);
        bus.publish(topic, new byte[1]);
        assertThat(bus.healthy()).isFalse();

        redis.start();

        Awaitility.await().atMost(Duration.ofSeconds(40)).until(bus::healthy);
      }
    }
  }
}
