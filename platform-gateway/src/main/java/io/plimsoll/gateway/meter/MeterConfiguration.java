package io.plimsoll.gateway.meter;

import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.authority.AuthService;
import io.plimsoll.gateway.limit.Limits;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/// Wires the reports of usage.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(MeterProperties.class)
public class MeterConfiguration {

  @Bean(initMethod = "start")
  Meter meter(
      Limits limits,
      AuthService auth,
      MeterProperties properties,
      JsonMapper json,
      Clock clock,
      MeterRegistry metrics) {
    return new Meter(limits.boot(), auth::usage, properties, json, clock, metrics);
  }

  /// Reports what is left, and gives back what is held, after the server has stopped and while
  /// there still are connections, whose event loops stop last of all.
  @Bean
  SmartLifecycle lastCalls(Meter meter, Limits limits) {
    return new SmartLifecycle() {
      private volatile boolean running;

      @Override
      public void start() {
        running = true;
      }

      @Override
      public void stop() {
        running = false;
        meter.close();
        limits.close();
      }

      @Override
      public boolean isRunning() {
        return running;
      }

      @Override
      public int getPhase() {
        return 1024; // the loops stop in phase 0
      }
    };
  }
}
