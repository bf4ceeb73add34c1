package io.plimsoll.gateway.authority;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.signature.WrappingKeys;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import tools.jackson.databind.json.JsonMapper;

/// Wires what auth-service is asked for.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AuthorityProperties.class)
public class AuthorityConfiguration {

  @Bean
  AuthService authService(
      AuthorityProperties properties,
      GatewayCredential credential,
      JsonMapper json,
      ReactorResourceFactory resources) {
    return new AuthService(
        properties.authInternal(), credential, json, resources.getLoopResources());
  }

  @Bean
  ApiKeys apiKeys(
      AuthService auth, AuthorityProperties properties, JsonMapper json, MeterRegistry metrics) {
    ApiKeys keys = new ApiKeys(auth, properties, new WrappingKeys(properties.wrappingKeys()), json);
    Gauge.builder("plimsoll.gateway.cache.bytes", keys, ApiKeys::bytes)
        .tag("cache", "keys")
        .register(metrics);
    return keys;
  }

  @Bean
  Tenants tenants(
      AuthService auth, AuthorityProperties properties, JsonMapper json, MeterRegistry metrics) {
    Tenants tenants = new Tenants(auth, properties, json);
    Gauge.builder("plimsoll.gateway.cache.bytes", tenants, Tenants::bytes)
        .tag("cache", "tenants")
        .register(metrics);
    return tenants;
  }
}
