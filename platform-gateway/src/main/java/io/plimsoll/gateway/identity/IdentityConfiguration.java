package io.plimsoll.gateway.identity;

import io.plimsoll.gateway.token.Workers;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/// Wires the exchange of identities.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(IdentityProperties.class)
public class IdentityConfiguration {

  @Bean
  InternalKeys internalKeys(IdentityProperties properties) {
    return new InternalKeys(properties.internalKeys());
  }

  @Bean
  Exchange exchange(
      IdentityProperties properties,
      InternalKeys keys,
      Workers workers,
      JsonMapper json,
      Clock clock) {
    return new Exchange(new InternalTokens(keys, workers, json, properties.internalCache(), clock));
  }
}
