package io.plimsoll.ratelimit;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.TypeExcludeFilter;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.FilterType;

/// Starts the service. What is marked [InternalPort] is left to the context of the second port.
@SpringBootApplication
@ComponentScan(
    excludeFilters = {
      @Filter(type = FilterType.CUSTOM, classes = TypeExcludeFilter.class),
      @Filter(InternalPort.class)
    })
@EnableConfigurationProperties(RatelimitProperties.class)
class RatelimitApplication {

  static void main(String[] args) {
    SpringApplication.run(RatelimitApplication.class, args);
  }
}
