package io.plimsoll.gateway;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.http.client.ReactorResourceFactory;

/// A whole gateway on ports of its own.
final class TestGateway implements AutoCloseable {

  static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TestConfiguration(proxyBeanMethods = false)
  static class Own {

    @Bean
    @Primary
    TestClock testClock() {
      return new TestClock();
    }

    /// Several gateways of one process must not share, and close, each other's loops.
    @Bean
    ReactorResourceFactory reactorResourceFactory() {
      ReactorResourceFactory factory = new ReactorResourceFactory();
      factory.setUseGlobalResources(false);
      factory.setShutdownQuietPeriod(Duration.ZERO);
      return factory;
    }
  }

  private final ConfigurableApplicationContext context;

  /// @param chat upstreams of the service `chat`, comma-separated
  TestGateway(String chat, Map<String, String> properties) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("server.port", "0");
    all.put("management.server.port", "0");
    all.put("plimsoll.gateway.url", "http://gateway.test");
    all.put("plimsoll.gateway.internal-keys", TestKeys.internalFile());
    all.put("plimsoll.gateway.tokens.jwks", TestKeys.file(TestKeys.jwks(TestKeys.AUTH)));
    all.put("plimsoll.gateway.auth-internal", TestAuth.SHARED.url());
    all.put("plimsoll.gateway.revocation.poll", "50ms");
    all.put("plimsoll.gateway.upstream.drain", "0s"); // clients here keep their connections
    // bounds are for the tests that are about them
    all.put("plimsoll.gateway.limits.enabled", "false");
    all.put("plimsoll.gateway.tokens.first.address-rate", "1000000");
    all.put("plimsoll.gateway.tokens.first.address-burst", "1000000");
    all.put("plimsoll.gateway.tokens.first.unknown-burst", "1000000");
    all.put("plimsoll.gateway.services.auth.upstreams", chat);
    all.put("plimsoll.gateway.services.chat.upstreams", chat);
    all.putAll(properties);
    context =
        new SpringApplicationBuilder(GatewayApplication.class, Own.class)
            .run(
                all.entrySet().stream()
                    .map(entry -> "--" + entry.getKey() + "=" + entry.getValue())
                    .toArray(String[]::new));
    if (!all.containsKey("test.unready")) {
      Awaitility.await()
          .until(() -> HTTP.send(probe(), BodyHandlers.discarding()).statusCode() == 200);
    }
  }

  /// Asks whether it is ready.
  HttpRequest probe() {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + internalPort() + "/actuator/health/readiness"))
        .build();
  }

  int port() {
    return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
  }

  int internalPort() {
    return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.management.port"));
  }

  URI uri(String target) {
    return URI.create("http://127.0.0.1:" + port() + target);
  }

  HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(uri(target));
  }

  HttpRequest.Builder authorized(String target) {
    return request(target).header("Authorization", "Bearer " + TestKeys.token());
  }

  TestClock clock() {
    return context.getBean(TestClock.class);
  }

  /// The sum of the gauges of this name.
  double gauge(String name) {
    return context.getBean(MeterRegistry.class).find(name).gauges().stream()
        .mapToDouble(Gauge::value)
        .sum();
  }

  /// The gauge of this name with this tag.
  double gauge(String name, String tag, String value) {
    return context.getBean(MeterRegistry.class).get(name).tag(tag, value).gauge().value();
  }

  /// Requests with this status.
  long answered(String status) {
    return context
        .getBean(MeterRegistry.class)
        .find("plimsoll.gateway.requests")
        .tag("status", status)
        .timers()
        .stream()
        .mapToLong(Timer::count)
        .sum();
  }

  /// Bytes of the internal tokens that are kept.
  double internalTokens() {
    return gauge("plimsoll.gateway.cache.bytes", "cache", "internal");
  }

  ConfigurableApplicationContext context() {
    return context;
  }

  @Override
  public void close() {
    context.close();
  }
}
