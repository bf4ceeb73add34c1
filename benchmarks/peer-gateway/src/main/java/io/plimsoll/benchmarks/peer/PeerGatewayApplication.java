package io.plimsoll.benchmarks.peer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.web.server.SecurityWebFilterChain;

/// Spring Cloud Gateway, Spring Security's resource server and `RedisRateLimiter`.
@SpringBootApplication
public class PeerGatewayApplication {

  public static void main(String[] arguments) {
    SpringApplication.run(PeerGatewayApplication.class, arguments);
  }

  /// Not there in the profile `plain`.
  @Configuration(proxyBeanMethods = false)
  @Profile("!plain")
  static class Verified {

    @Bean
    SecurityWebFilterChain resourceServer(ServerHttpSecurity http) {
      return http.csrf(ServerHttpSecurity.CsrfSpec::disable)
          .authorizeExchange(paths -> paths.anyExchange().authenticated())
          .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
          .build();
    }
  }
}
