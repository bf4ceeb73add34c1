package io.plimsoll.gateway.edge;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.request.Networks;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Bounds the connections that one address holds open; one too many is closed before a byte is
/// read. Trusted proxies are exempt: theirs are everybody's.
final class Connections {

  private final int limit;
  private final Networks trusted;
  private final Counter refused;
  private final Map<String, Integer> open = new ConcurrentHashMap<>();

  Connections(int limit, Networks trusted, MeterRegistry metrics) {
    this.limit = limit;
    this.trusted = trusted;
    this.refused =
        Counter.builder("plimsoll.gateway.connections.refused")
            .description("Connections closed because their address had too many")
            .register(metrics);
  }

  void admit(Channel channel) {
    InetAddress peer =
        channel.remoteAddress() instanceof InetSocketAddress socket ? socket.getAddress() : null;
    if (peer == null || trusted.contain(peer)) {
      return;
    }
    String address = ClientAddress.name(peer);
    int now = open.merge(address, 1, Integer::sum);
    channel
        .closeFuture()
        .addListener(
            _ -> open.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1));
    if (now > limit) {
      refused.increment();
      var _ = channel.close();
    }
  }
}
