package io.plimsoll.subscriptions;

import redis.embedded.RedisServer;
import redis.embedded.RedisServerBuilder;

/// Redis from its Maven Central binaries; it stops with the JVM.
final class EmbeddedRedisServer implements TestServer {

  private final int port;
  private final RedisServer server;

  EmbeddedRedisServer(int port, String... settings) {
    this.port = port;
    RedisServerBuilder builder =
        RedisServer.builder().port(port).setting("bind 127.0.0.1").setting("save \"\"");
    for (String setting : settings) {
      builder.setting(setting);
    }
    this.server = builder.build();
    server.start();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void stop() {
    server.stop();
  }

  @Override
  public void start() {
    server.start();
  }

  @Override
  public void close() {
    server.stop();
  }
}
