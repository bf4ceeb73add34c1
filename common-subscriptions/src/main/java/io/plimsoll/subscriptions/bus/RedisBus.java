package io.plimsoll.subscriptions.bus;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Redis publish/subscribe over Lettuce, channel `ps:{<topic id>}`.
///
/// A message to itself, each second, tells whether the wire carries. While it does not, nothing is
/// published, a command on a broken connection is refused at once, and those that wait for a frozen
/// server are bounded, so that an absent Redis costs neither time nor memory. Lettuce repeats
/// confirmed subscriptions after a reconnection; those it has not confirmed are asked for again
/// each second. Connections that carry nothing for 10 s (a machine that is gone looks connected for
/// a quarter of an hour; a listener may come back deaf from a fail-over) are replaced by new ones.
public final class RedisBus implements Bus {

  private static final Logger log = LoggerFactory.getLogger(RedisBus.class);
  private static final int MAX_QUEUED = 10_000;
  private static final int SUBSCRIBE_AT_ONCE = 1_000;
  private static final long HEALTHY_NANOS = Duration.ofMillis(2_500).toNanos();
  private static final long REPLACE_NANOS = Duration.ofSeconds(10).toNanos();
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final RedisClient client;
  private final RedisURI uri;
  private final byte[] probe =
      ("ps:probe:" + Long.toHexString(ThreadLocalRandom.current().nextLong()))
          .getBytes(StandardCharsets.US_ASCII);
  private final Set<Long> wanted = ConcurrentHashMap.newKeySet();
  private final Set<Long> unconfirmed = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("bus-clock").factory());
  private volatile @Nullable StatefulRedisConnection<byte[], byte[]> sender;
  private volatile @Nullable StatefulRedisPubSubConnection<byte[], byte[]> listener;
  private volatile long heard = System.nanoTime() - HEALTHY_NANOS;
  private long connected = System.nanoTime();
  private @Nullable Boolean wasHealthy;

  public RedisBus(RedisURI uri) {
    this.uri = uri;
    uri.setTimeout(TIMEOUT);
    client = RedisClient.create();
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
            .requestQueueSize(MAX_QUEUED)
            .autoReconnect(true)
            .socketOptions(SocketOptions.builder().connectTimeout(TIMEOUT).keepAlive(true).build())
            .build());
  }

  @Override
  public void start(Receiver receiver) {
    var _ = clock.scheduleWithFixedDelay(() -> tick(receiver), 0, 1, TimeUnit.SECONDS);
  }

  /// Connects where it has not yet, asks for what is not confirmed, and sends the probe.
  private void tick(Receiver receiver) {
    try {
      if (!healthy() && System.nanoTime() - connected > REPLACE_NANOS) {
        disconnect();
      }
      if (sender == null) {
        sender = client.connect(ByteArrayCodec.INSTANCE, uri);
      }
      StatefulRedisPubSubConnection<byte[], byte[]> on = listener;
      if (on == null) {
        on = client.connectPubSub(ByteArrayCodec.INSTANCE, uri);
        on.addListener(new Listener(receiver));
        listener = on;
        unconfirmed.addAll(wanted);
      }
      if (!healthy()) {
        var _ = on.async().subscribe(probe);
      }
      subscribe(on, List.copyOf(unconfirmed));
      send(probe, new byte[0]);
    } catch (RuntimeException e) {
      log.debug("Redis is away", e); // a failed tick must not be the last
    }
    boolean healthy = healthy();
    boolean starting = wasHealthy == null && System.nanoTime() - connected < HEALTHY_NANOS;
    if (!Boolean.valueOf(healthy).equals(wasHealthy) && (healthy || !starting)) {
      wasHealthy = healthy;
      if (healthy) {
        log.info("Redis carries events");
      } else {
        log.warn("Redis does not carry events; asking the log more often");
      }
    }
  }

  private void disconnect() {
    connected = System.nanoTime();
    StatefulRedisConnection<byte[], byte[]> oldSender = sender;
    if (oldSender != null) {
      sender = null;
      var _ = oldSender.closeAsync();
    }
    StatefulRedisPubSubConnection<byte[], byte[]> oldListener = listener;
    if (oldListener != null) {
      listener = null;
      var _ = oldListener.closeAsync();
    }
  }

  private static void subscribe(
      StatefulRedisPubSubConnection<byte[], byte[]> on, List<Long> topicIds) {
    for (int from = 0; from < topicIds.size(); from += SUBSCRIBE_AT_ONCE) {
      List<Long> some = topicIds.subList(from, Math.min(from + SUBSCRIBE_AT_ONCE, topicIds.size()));
      var _ = on.async().subscribe(some.stream().map(RedisBus::channel).toArray(byte[][]::new));
    }
  }

  @Override
  public void publish(long topicId, byte[] message) {
    if (healthy()) {
      send(channel(topicId), message);
    }
  }

  private void send(byte[] channel, byte[] message) {
    StatefulRedisConnection<byte[], byte[]> to = sender;
    if (to != null) {
      try {
        // a failed future is a lost message, which the head check makes good
        var _ = to.async().publish(channel, message);
      } catch (RuntimeException e) {
        log.trace("Not published", e);
      }
    }
  }

  @Override
  public void subscribe(long topicId) {
    wanted.add(topicId);
    unconfirmed.add(topicId);
    StatefulRedisPubSubConnection<byte[], byte[]> on = listener;
    if (on != null) {
      try {
        subscribe(on, List.of(topicId));
      } catch (RedisException e) {
        log.trace("Not subscribed yet", e);
      }
    }
  }

  @Override
  public void unsubscribe(long topicId) {
    wanted.remove(topicId);
    unconfirmed.remove(topicId);
    StatefulRedisPubSubConnection<byte[], byte[]> on = listener;
    if (on != null) {
      try {
        var _ = on.async().unsubscribe(channel(topicId));
      } catch (RedisException e) {
        log.trace("Not unsubscribed yet", e);
      }
    }
  }

  @Override
  public boolean healthy() {
    return System.nanoTime() - heard < HEALTHY_NANOS;
  }

  @Override
  public void close() {
    clock.shutdownNow();
    client.shutdown(0, 2, TimeUnit.SECONDS);
  }

  private static byte[] channel(long topicId) {
    return ("ps:{" + topicId + "}").getBytes(StandardCharsets.US_ASCII);
  }

  private static long topicId(byte[] channel) {
    return Long.parseLong(new String(channel, 4, channel.length - 5, StandardCharsets.US_ASCII));
  }

  private final class Listener extends RedisPubSubAdapter<byte[], byte[]> {

    private final Receiver receiver;

    Listener(Receiver receiver) {
      this.receiver = receiver;
    }

    private boolean isProbe(byte[] channel) {
      return channel.length > 3 && channel[3] == 'p';
    }

    @Override
    public void message(byte[] channel, byte[] message) {
      if (isProbe(channel)) {
        heard = System.nanoTime();
        return;
      }
      long topicId = topicId(channel);
      if (wanted.contains(topicId)) {
        receiver.received(topicId, message);
      } else {
        unsubscribe(topicId); // what was refused while the connection was down
      }
    }

    @Override
    public void subscribed(byte[] channel, long count) {
      if (!isProbe(channel)) {
        unconfirmed.remove(topicId(channel));
      }
    }
  }
}
