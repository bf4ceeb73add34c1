package io.plimsoll.gateway.request;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.WebFilter;

/// Wires what every request passes first.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RequestProperties.class)
public class RequestConfiguration {

  @Bean
  WebFilter requestIds(ApplicationContext context) {
    return new PublicPort(context, -1000, new RequestIds());
  }

  /// The proxies in front.
  @Bean
  Networks trustedProxies(RequestProperties properties) {
    return new Networks(properties.trustedProxies());
  }

  @Bean
  WebFilter clientAddress(ApplicationContext context, Networks trustedProxies) {
    return new PublicPort(context, -990, new ClientAddress(trustedProxies));
  }

  @Bean
  WebFilter hygiene(ApplicationContext context) {
    return new PublicPort(context, -900, new Hygiene());
  }
}
