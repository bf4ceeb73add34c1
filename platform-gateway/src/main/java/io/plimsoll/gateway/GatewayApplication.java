package io.plimsoll.gateway;

import io.plimsoll.gateway.authority.AuthorityConfiguration;
import io.plimsoll.gateway.call.Answers;
import io.plimsoll.gateway.call.Room;
import io.plimsoll.gateway.edge.ClientRates;
import io.plimsoll.gateway.edge.Cors;
import io.plimsoll.gateway.edge.EdgeConfiguration;
import io.plimsoll.gateway.edge.EdgeProperties;
import io.plimsoll.gateway.edge.FrontDoor;
import io.plimsoll.gateway.edge.Limiting;
import io.plimsoll.gateway.edge.Metering;
import io.plimsoll.gateway.edge.Origins;
import io.plimsoll.gateway.edge.Records;
import io.plimsoll.gateway.edge.Targets;
import io.plimsoll.gateway.identity.Exchange;
import io.plimsoll.gateway.identity.IdentityConfiguration;
import io.plimsoll.gateway.limit.LimitConfiguration;
import io.plimsoll.gateway.meter.MeterConfiguration;
import io.plimsoll.gateway.request.RequestConfiguration;
import io.plimsoll.gateway.revocation.RevocationConfiguration;
import io.plimsoll.gateway.service.ServiceConfiguration;
import io.plimsoll.gateway.token.TokenConfiguration;
import io.plimsoll.gateway.token.Verification;
import io.plimsoll.gateway.upstream.Forwarding;
import io.plimsoll.gateway.upstream.UpstreamConfiguration;
import java.time.Clock;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import reactor.netty.ReactorNetty;
import tools.jackson.databind.json.JsonMapper;

/// The gateway: verify, limit, exchange, route, meter. Each step is a package; none is found by
/// scanning, for the internal port's beans stand beside the others.
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
  EdgeConfiguration.class,
  RequestConfiguration.class,
  ServiceConfiguration.class,
  AuthorityConfiguration.class,
  RevocationConfiguration.class,
  TokenConfiguration.class,
  IdentityConfiguration.class,
  LimitConfiguration.class,
  MeterConfiguration.class,
  UpstreamConfiguration.class
})
class GatewayApplication {

  static void main(String[] args) {
    // by default there are four at least, which on fewer processors only take turns
    byDefault(ReactorNetty.IO_WORKER_COUNT, Runtime.getRuntime().availableProcessors());
    // of each buffer that Netty watches it keeps the stack: of one in 128 costs 3 % of a request
    byDefault("io.netty.leakDetection.samplingInterval", 2_048);
    SpringApplication.run(GatewayApplication.class, args);
  }

  private static void byDefault(String property, int value) {
    System.getProperties().putIfAbsent(property, Integer.toString(value));
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  @Bean
  Answers answers(JsonMapper json) {
    return new Answers(json);
  }

  /// The pipeline, in order.
  @Bean
  FrontDoor frontDoor(
      Cors cors,
      Targets targets,
      ClientRates clientRates,
      Verification verification,
      Origins origins,
      Limiting limiting,
      Exchange exchange,
      Forwarding forwarding,
      Records records,
      Metering metering,
      Answers answers,
      Room room,
      EdgeProperties properties) {
    return new FrontDoor(
        List.of(
            cors, // before targets are judged, so that a page can read what was wrong with its own
            targets,
            clientRates, // before anything is looked up
            verification,
            origins,
            limiting,
            exchange),
        forwarding,
        List.of(records, metering),
        answers,
        room,
        properties);
  }
}
