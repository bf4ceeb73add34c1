package io.plimsoll.gateway.limit;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.authority.Tenants;
import io.plimsoll.ratelimit.client.Leases;
import io.plimsoll.ratelimit.client.Transport;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// Wires the limits that gateways share.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LimitsProperties.class)
public class LimitConfiguration {

  @Bean
  Limits limits(
      LimitsProperties properties, Transport transport, Tenants tenants, MeterRegistry metrics) {
    Leases leases = properties.enabled() ? Leases.start(transport, properties.leases()) : null;
    if (leases != null) {
      measure(leases, metrics);
    }
    return new Limits(leases, properties.maxKeys(), tenants, metrics);
  }

  @Bean
  LimitsHealth limitsHealthIndicator(Limits limits) {
    return new LimitsHealth(limits);
  }

  @Bean
  LimitsEndpoint limitsEndpoint(Limits limits) {
    return new LimitsEndpoint(limits);
  }

  private static void measure(Leases leases, MeterRegistry metrics) {
    FunctionCounter.builder(
            "plimsoll.gateway.leases.calls", leases, all -> (double) all.stats().calls())
        .description("Calls to ratelimit-service")
        .register(metrics);
    FunctionCounter.builder(
            "plimsoll.gateway.leases.failures", leases, all -> (double) all.stats().failures())
        .description("Of them without an answer")
        .register(metrics);
    FunctionCounter.builder(
            "plimsoll.gateway.leases.waited", leases, all -> (double) all.stats().waited())
        .description("Requests that had to wait for a lease")
        .register(metrics);
    Gauge.builder("plimsoll.gateway.leases.keys", leases, all -> all.stats().keys())
        .description("Buckets remembered")
        .register(metrics);
    Gauge.builder("plimsoll.gateway.leases.away", leases, all -> away(all))
        .description("1 while ratelimit-service does not answer")
        .register(metrics);
  }

  private static double away(@Nullable Leases leases) {
    return leases != null && leases.stats().away() ? 1 : 0;
  }
}
