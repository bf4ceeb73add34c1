package io.plimsoll.local.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plimsoll.local.process.Ports;
import io.plimsoll.local.process.Probe;
import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.process.Signal;
import io.plimsoll.local.process.Supervised;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisIT {

  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private Path directory;

  @Test
  void comesBackEmptyOnTheSamePort() throws Exception {
    int port = new Ports(directory.resolve("ports")).pick("redis", 16_379, 0);
    var redis = new Redis(directory.resolve("redis"), directory.resolve("log"), port);
    var supervised = new Supervised(redis.plan(), directory, _ -> {});
    supervised.start();
    try {
      assertThat(supervised.awaitReady(LONG)).isTrue();
      assertThat(Probe.line(port, "SET key value", "+OK").ready()).isTrue();

      new RunFile(directory, "redis").read().orElseThrow().identity().signal(Signal.KILL);

      await().atMost(LONG).until(() -> Probe.line(port, "EXISTS key", ":0").ready());
    } finally {
      supervised.end();
    }
  }
}
