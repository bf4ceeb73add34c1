package io.plimsoll.gateway.upstream;

import io.netty.channel.ChannelOption;
import java.time.Duration;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/// Connections to the services, by how an answer is waited for. Streams and long polls hold theirs
/// for long, so they never share a bounded pool with ordinary requests.
final class Clients implements AutoCloseable {

  private final ConnectionProvider ordinary;
  private final ConnectionProvider waiting;
  private final HttpClient ordinaryClient;
  private final HttpClient longPollClient;
  private final HttpClient streamClient;

  /// @param loops the server's own, so that both sides of a relay are on one
  Clients(UpstreamProperties properties, LoopResources loops) {
    ordinary = pool("requests", properties.connections());
    waiting = pool("waiting", Integer.MAX_VALUE);
    ordinaryClient = client(ordinary, properties, loops).responseTimeout(properties.headTimeout());
    longPollClient =
        client(waiting, properties, loops).responseTimeout(properties.longPollTimeout());
    // a stream ends by closing, so there is nothing to keep
    streamClient = client(ConnectionProvider.newConnection(), properties, loops);
  }

  private static ConnectionProvider pool(String name, int max) {
    return ConnectionProvider.builder(name)
        .maxConnections(max)
        .pendingAcquireMaxCount(-1)
        .pendingAcquireTimeout(Duration.ofSeconds(2))
        // well below the services' own, so that a connection isn't closed as it is taken
        .maxIdleTime(Duration.ofSeconds(30))
        .evictInBackground(Duration.ofSeconds(30))
        .lifo()
        .build();
  }

  private static HttpClient client(
      ConnectionProvider connections, UpstreamProperties properties, LoopResources loops) {
    return HttpClient.create(connections)
        .runOn(loops)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) properties.connectTimeout().toMillis())
        .option(ChannelOption.TCP_NODELAY, true)
        .httpResponseDecoder(spec -> spec.maxHeaderSize(32 * 1024))
        // whether to repeat is decided where it is known what was sent
        .disableRetry(true);
  }

  HttpClient of(Patience patience) {
    return switch (patience) {
      case ORDINARY -> ordinaryClient;
      case LONG_POLL -> longPollClient;
      case STREAM -> streamClient;
    };
  }

  @Override
  public void close() {
    ordinary.dispose();
    waiting.dispose();
  }
}
