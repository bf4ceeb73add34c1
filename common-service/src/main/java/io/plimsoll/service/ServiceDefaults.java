package io.plimsoll.service;

import java.io.IOException;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.io.support.ResourcePropertySource;

/// Puts `plimsoll-service.properties` below every other source, so that no service repeats it and
/// each may still say otherwise.
final class ServiceDefaults implements EnvironmentPostProcessor {

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    try {
      environment
          .getPropertySources()
          .addLast(new ResourcePropertySource("classpath:plimsoll-service.properties"));
    } catch (IOException e) {
      throw new IllegalStateException("common-service is packaged without its defaults", e);
    }
  }
}
