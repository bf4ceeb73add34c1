package io.plimsoll.gateway.service;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// Wires the services of the configuration.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ServicesProperties.class)
public class ServiceConfiguration {

  @Bean
  Services services(ServicesProperties properties) {
    return new Services(properties.toServices());
  }
}
