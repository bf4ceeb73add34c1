package io.plimsoll.gateway;

import io.plimsoll.gateway.answer.Answers;
import io.plimsoll.gateway.authority.AuthorityConfiguration;
import io.plimsoll.gateway.edge.EdgeConfiguration;
import io.plimsoll.gateway.identity.IdentityConfiguration;
import io.plimsoll.gateway.limit.LimitConfiguration;
import io.plimsoll.gateway.meter.MeterConfiguration;
import io.plimsoll.gateway.request.RequestConfiguration;
import io.plimsoll.gateway.revocation.RevocationConfiguration;
import io.plimsoll.gateway.service.ServiceConfiguration;
import io.plimsoll.gateway.token.TokenConfiguration;
import io.plimsoll.gateway.upstream.UpstreamConfiguration;
import java.time.Clock;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import tools.jackson.databind.json.JsonMapper;

/// The gateway: verify, exchange, route. Each step is a package; none is found by scanning, for the
/// internal port's beans stand beside the others.
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
    SpringApplication.run(GatewayApplication.class, args);
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  @Bean
  Answers answers(JsonMapper json) {
    return new Answers(json);
  }
}
