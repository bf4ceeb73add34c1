package io.plimsoll.service.internalport;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/// The operators' tokens, in the main context: a service without them does not start.
@AutoConfiguration
@ConditionalOnBooleanProperty("plimsoll.internal-port.enabled")
@EnableConfigurationProperties(InternalPortProperties.class)
public class InternalPortAutoConfiguration {

  @Bean
  AdminTokens adminTokens(InternalPortProperties properties) {
    return new AdminTokens(properties.adminTokens());
  }
}
