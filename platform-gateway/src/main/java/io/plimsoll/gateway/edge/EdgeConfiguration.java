package io.plimsoll.gateway.edge;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.epoll.EpollChannelOption;
import io.plimsoll.gateway.authority.Tenants;
import io.plimsoll.gateway.call.Room;
import io.plimsoll.gateway.limit.Limits;
import io.plimsoll.gateway.meter.Meter;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.request.Networks;
import io.plimsoll.gateway.service.Services;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/// Wires the edge.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EdgeProperties.class)
public class EdgeConfiguration {

  /// Of one HTTP/2 connection at a time.
  private static final long STREAMS = 100;

  /// Bytes that the system may have of a connection and not have sent. By default it takes
  /// megabytes for a slow client, in which nobody sees whether the client reads; and it takes more
  /// only when half of this is gone.
  private static final long UNSENT = 16 << 10;

  @Bean
  Logs logs() {
    return new Logs();
  }

  @Bean
  Compilers compilers() {
    return new Compilers(Compilers.HEAD_START, Compilers.LITTLE);
  }

  @Bean
  Records records(MeterRegistry metrics) {
    return new Records(metrics);
  }

  @Bean
  Cors cors(EdgeProperties properties) {
    return new Cors(properties.url(), properties.allowedOrigins());
  }

  @Bean
  Targets targets(Services services) {
    return new Targets(services);
  }

  @Bean
  ClientRates clientRates(EdgeProperties properties, ClientAddress addresses) {
    return new ClientRates(
        properties.clientRate(), properties.clientBurst(), addresses, System::nanoTime);
  }

  @Bean
  Room room(EdgeProperties properties, ClientAddress addresses, MeterRegistry metrics) {
    Room room = new Room(properties.memory(), properties.unreadTimeout(), addresses);
    Gauge.builder("plimsoll.gateway.memory.bytes", room, Room::bytes)
        .description("Held for clients: heads of HTTP/2, bodies, what they have not read")
        .register(metrics);
    return room;
  }

  @Bean
  Origins origins(Tenants tenants) {
    return new Origins(tenants);
  }

  @Bean
  Limiting limiting(Limits limits) {
    return new Limiting(limits);
  }

  @Bean
  Metering metering(Meter meter) {
    return new Metering(meter);
  }

  /// The front door stands before Spring's handler, as a route for everything. The internal port is
  /// another context's, whose server factory is not customised here.
  @Bean
  WebServerFactoryCustomizer<NettyReactiveWebServerFactory> publicPort(
      FrontDoor frontDoor,
      EdgeProperties properties,
      Networks trustedProxies,
      Room room,
      ServerProperties server,
      JsonMapper json,
      MeterRegistry metrics) {
    if (server.getHttp2() != null
        && server.getHttp2().isEnabled()
        && !Ssl.isEnabled(server.getSsl())) {
      throw new IllegalArgumentException(
          "server.http2.enabled needs server.ssl.bundle: without TLS nothing guards connections");
    }
    Connections connections =
        new Connections(properties.connectionsPerAddress(), trustedProxies, metrics);
    Guards guards = new Guards(properties, room, json, metrics);
    long head = server.getMaxHttpRequestHeaderSize().toBytes();
    return factory -> {
      factory.addRouteProviders(routes -> routes.route(_ -> true, frontDoor));
      factory.addServerCustomizers(
          http ->
              http.http2Settings(
                      settings -> settings.maxConcurrentStreams(STREAMS).maxHeaderListSize(head))
                  .doOnChannelInit(
                      (_, channel, _) -> {
                        // where there is such an option
                        channel.config().setOption(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT);
                        connections.admit(channel);
                        guards.watch(channel.pipeline());
                      }));
    };
  }
}
