package io.plimsoll.gateway.request;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// Wires whom to believe about a request.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RequestProperties.class)
public class RequestConfiguration {

  /// The proxies in front.
  @Bean
  Networks trustedProxies(RequestProperties properties) {
    try {
      return new Networks(properties.trustedProxies());
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigurationPropertyValueException(
          "plimsoll.gateway.trusted-proxies", properties.trustedProxies(), e.getMessage());
    }
  }

  @Bean
  ClientAddress clientAddress(Networks trustedProxies) {
    return new ClientAddress(trustedProxies);
  }
}
