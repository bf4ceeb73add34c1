package io.plimsoll.gateway.revocation;

import io.lettuce.core.RedisURI;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.authority.ApiKeys;
import io.plimsoll.gateway.authority.AuthService;
import io.plimsoll.gateway.authority.Tenants;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// Wires revocation.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RevocationProperties.class)
public class RevocationConfiguration {

  @Bean
  Revocations revocations(ApiKeys keys, Tenants tenants, Clock clock, MeterRegistry metrics) {
    Revocations revocations = new Revocations(keys, tenants, clock);
    Gauge.builder("plimsoll.gateway.revocations", revocations, Revocations::size)
        .description("Revocations that are held")
        .register(metrics);
    return revocations;
  }

  @Bean(initMethod = "start")
  Changes changes(
      AuthService auth,
      Revocations revocations,
      RevocationProperties properties,
      MeterRegistry metrics) {
    Changes changes = new Changes(auth, revocations, properties);
    Gauge.builder("plimsoll.gateway.revocations.age.seconds", changes, Changes::age)
        .description("Since auth-service last confirmed that nothing is missing")
        .register(metrics);
    return changes;
  }

  @Bean(destroyMethod = "close")
  AutoCloseable hints(RevocationProperties properties, Changes changes) {
    RedisURI redis = properties.redisUri();
    return redis == null ? () -> {} : new Hints(redis, changes);
  }

  @Bean
  RevocationHealth revocationsHealthIndicator(Changes changes) {
    return new RevocationHealth(changes);
  }
}
