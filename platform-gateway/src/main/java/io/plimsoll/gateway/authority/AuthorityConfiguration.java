package io.plimsoll.gateway.authority;

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
  ApiKeys apiKeys(AuthService auth, AuthorityProperties properties, JsonMapper json) {
    return new ApiKeys(auth, properties, new WrappingKeys(properties.wrappingKeys()), json);
  }

  @Bean
  Tenants tenants(AuthService auth, AuthorityProperties properties, JsonMapper json) {
    return new Tenants(auth, properties, json);
  }
}
