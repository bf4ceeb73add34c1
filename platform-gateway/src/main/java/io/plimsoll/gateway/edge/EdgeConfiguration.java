package io.plimsoll.gateway.edge;

import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.answer.Answers;
import io.plimsoll.gateway.authority.Tenants;
import io.plimsoll.gateway.request.Networks;
import io.plimsoll.gateway.request.PublicPort;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.WebFilter;
import reactor.netty.NettyPipeline;

/// Wires the edge.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EdgeProperties.class)
public class EdgeConfiguration {

  @Bean
  WebFilter records(ApplicationContext context, Answers answers, MeterRegistry metrics) {
    return new PublicPort(context, -950, new Records(answers, metrics));
  }

  /// Before targets are judged, so that a page can read what was wrong with its own.
  @Bean
  WebFilter cors(ApplicationContext context, EdgeProperties properties) {
    return new PublicPort(context, -920, new Cors(properties.url(), properties.allowedOrigins()));
  }

  @Bean
  ClientRates clientRates(EdgeProperties properties) {
    return new ClientRates(properties.clientRate(), properties.clientBurst(), System::nanoTime);
  }

  @Bean
  Origins origins(Tenants tenants) {
    return new Origins(tenants);
  }

  @Bean
  WebServerFactoryCustomizer<NettyReactiveWebServerFactory> connections(
      EdgeProperties properties, Networks trustedProxies, MeterRegistry metrics) {
    Connections connections =
        new Connections(properties.connectionsPerAddress(), trustedProxies, metrics);
    return factory ->
        factory.addServerCustomizers(
            server ->
                server
                    .readTimeout(properties.bodyTimeout())
                    .doOnChannelInit(
                        (_, channel, _) -> {
                          connections.admit(channel);
                          HeadDeadline.watch(
                              channel.pipeline(),
                              NettyPipeline.HttpCodec,
                              properties.headTimeout());
                        }));
  }
}
