package io.plimsoll.auth;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.scheduling.annotation.EnableScheduling;

/// Starts the service.
@SpringBootApplication
@EnableConfigurationProperties(AuthProperties.class)
@EnableScheduling
class AuthApplication {

  static void main(String[] args) {
    SpringApplication.run(AuthApplication.class, args);
  }
}
