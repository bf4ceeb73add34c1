package io.plimsoll.ratelimit;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/// Starts the service.
@SpringBootApplication
@EnableConfigurationProperties(RatelimitProperties.class)
class RatelimitApplication {

  static void main(String[] args) {
    SpringApplication.run(RatelimitApplication.class, args);
  }
}
