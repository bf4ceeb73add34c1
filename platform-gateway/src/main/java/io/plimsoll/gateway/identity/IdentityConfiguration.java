package io.plimsoll.gateway.identity;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.authority.GatewayCredential;
import io.plimsoll.gateway.limit.RatelimitCredential;
import io.plimsoll.gateway.worker.Workers;
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
  InternalSigner internalSigner(InternalKeys keys, JsonMapper json) {
    return new InternalSigner(keys, json);
  }

  @Bean
  GatewayCredential gatewayCredential(InternalSigner signer, Clock clock) {
    return new OwnToken(signer, "auth", clock);
  }

  @Bean
  RatelimitCredential ratelimitCredential(InternalSigner signer, Clock clock) {
    return new OwnToken(signer, "ratelimit", clock)::token;
  }

  @Bean
  InternalTokens internalTokens(
      IdentityProperties properties,
      InternalSigner signer,
      Workers workers,
      Clock clock,
      MeterRegistry metrics) {
    InternalTokens tokens = new InternalTokens(signer, workers, properties.internalCache(), clock);
    Gauge.builder("plimsoll.gateway.cache.bytes", tokens, InternalTokens::bytes)
        .tag("cache", "internal")
        .register(metrics);
    return tokens;
  }

  @Bean
  Exchange exchange(InternalTokens tokens) {
    return new Exchange(tokens);
  }
}
