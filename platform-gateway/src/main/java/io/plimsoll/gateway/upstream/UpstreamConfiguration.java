package io.plimsoll.gateway.upstream;

import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.call.Answers;
import io.plimsoll.gateway.call.Room;
import io.plimsoll.gateway.limit.Limits;
import io.plimsoll.gateway.limit.LimitsProperties;
import io.plimsoll.gateway.limit.RatelimitCredential;
import io.plimsoll.gateway.meter.Meter;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.revocation.Revocations;
import io.plimsoll.gateway.service.Services;
import io.plimsoll.ratelimit.client.Transport;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

/// Wires the way to the services and back.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(UpstreamProperties.class)
public class UpstreamConfiguration {

  @Bean
  Clients clients(UpstreamProperties properties, ReactorResourceFactory resources) {
    return new Clients(properties, resources.getLoopResources());
  }

  @Bean
  Transport ratelimitTransport(
      Clients clients,
      LimitsProperties limits,
      RatelimitCredential credential,
      UpstreamProperties properties) {
    return new RatelimitTransport(
        clients,
        limits.ratelimitInternal().stream().map(base -> Instance.of(base, properties)).toList(),
        credential::token,
        limits.callTimeout());
  }

  @Bean
  OpenStreams openStreams(
      UpstreamProperties properties, Revocations revocations, Room room, MeterRegistry metrics) {
    return new OpenStreams(properties.drain(), revocations, room, metrics);
  }

  /// The internal port is another context's, whose server factory is not customised here.
  @Bean
  WebServerFactoryCustomizer<NettyReactiveWebServerFactory> drained(OpenStreams open) {
    return factory -> factory.addServerCustomizers(open::watch);
  }

  @Bean
  Forwarding forwarding(
      Services services,
      Clients clients,
      OpenStreams open,
      Limits limits,
      Meter meter,
      Answers answers,
      UpstreamProperties properties,
      ClientAddress addresses,
      Clock clock,
      MeterRegistry metrics) {
    return new Forwarding(
        services, clients, open, limits, meter, answers, properties, addresses, clock, metrics);
  }
}
