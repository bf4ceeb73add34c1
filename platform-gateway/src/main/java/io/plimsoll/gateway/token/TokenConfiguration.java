package io.plimsoll.gateway.token;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.authority.ApiKeys;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.revocation.Changes;
import io.plimsoll.gateway.revocation.Revocations;
import io.plimsoll.gateway.service.Services;
import io.plimsoll.gateway.worker.Workers;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// Wires verification.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TokenProperties.class)
public class TokenConfiguration {

  @Bean
  AuthKeys authKeys(
      TokenProperties properties, Services services, Clock clock, Revocations revocations) {
    List<URI> sources = properties.jwks().isEmpty() ? ofAuthService(services) : properties.jwks();
    return new AuthKeys(
        sources, properties.refresh(), properties.maxStaleness(), clock, revocations);
  }

  private static List<URI> ofAuthService(Services services) {
    return services.all().stream()
        .filter(service -> service.name().equals("auth"))
        .flatMap(service -> service.upstreams().stream())
        .map(base -> base.resolve("/auth/oauth2/jwks"))
        .toList();
  }

  @Bean
  Workers workers(TokenProperties properties, MeterRegistry metrics) {
    Workers workers = new Workers(properties.workers(), properties.queue());
    Gauge.builder("plimsoll.gateway.workers.queued", workers, Workers::queued)
        .description("Verifications and signatures that wait")
        .register(metrics);
    return workers;
  }

  @Bean
  Verification verification(
      TokenProperties properties,
      AuthKeys authKeys,
      ApiKeys apiKeys,
      Revocations revocations,
      Changes changes,
      Workers workers,
      Sequel sequel,
      ClientAddress addresses,
      Clock clock,
      MeterRegistry metrics) {
    Tokens tokens =
        new Tokens(properties, authKeys, apiKeys, revocations, changes, workers, clock, metrics);
    return new Verification(tokens, new Tickets(tokens, properties, clock), addresses, sequel);
  }

  @Bean
  KeysHealth authKeysHealthIndicator(AuthKeys keys) {
    return new KeysHealth(keys);
  }
}
