package io.plimsoll.gateway.revocation;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens on Redis for "there is number n", which makes a revocation arrive at once rather than
/// with the next poll. It carries nothing else: whoever can write there can make this gateway ask
/// auth-service, and no more. Without Redis everything works, a second later.
final class Hints implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Hints.class);
  private static final String CHANNEL = "plimsoll:auth:changes";
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

  private final ClientResources resources =
      DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
  private final RedisClient client;
  private final Changes changes;
  private final ScheduledExecutorService connector =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("hints").factory());
  private boolean failing;

  Hints(RedisURI uri, Changes changes) {
    uri.setTimeout(Duration.ofSeconds(2));
    this.client = RedisClient.create(resources, uri);
    this.changes = changes;
    connector.execute(this::connect);
  }

  /// Once connected, Lettuce connects and subscribes again by itself.
  private void connect() {
    try {
      StatefulRedisPubSubConnection<String, String> connection = client.connectPubSub();
      connection.addListener(
          new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
              hinted(message);
            }

            @Override
            public void subscribed(String channel, long count) {
              // something may have been said while nobody listened
              changes.hint(Long.MAX_VALUE);
            }
          });
      connection.sync().subscribe(CHANNEL);
      log.info("Listening for changes on Redis");
    } catch (RuntimeException e) {
      if (!failing) {
        log.warn("Redis is away, revocations arrive by polling: {}", e.toString());
      }
      failing = true;
      if (!connector.isShutdown()) {
        var _ = connector.schedule(this::connect, AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
  }

  private void hinted(String message) {
    long number;
    try {
      number = Long.parseLong(message);
    } catch (NumberFormatException e) {
      return;
    }
    changes.hint(number);
  }

  @Override
  public void close() {
    connector.shutdownNow();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    var _ = resources.shutdown(0, 1, TimeUnit.SECONDS);
  }
}
