package io.plimsoll.subscriptions.autoconfigure;

import java.io.IOException;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.io.support.ResourcePropertySource;

/// Puts `plimsoll-subscriptions.properties` below every other source: what the guarantees need of
/// the database's connections, unless a service says otherwise.
final class SubscriptionsDefaults implements EnvironmentPostProcessor {

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    try {
      environment
          .getPropertySources()
          .addLast(new ResourcePropertySource("classpath:plimsoll-subscriptions.properties"));
    } catch (IOException e) {
      throw new IllegalStateException("common-subscriptions is packaged without its defaults", e);
    }
  }
}
