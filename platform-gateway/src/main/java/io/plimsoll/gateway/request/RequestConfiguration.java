package io.plimsoll.gateway.request;

import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.WebFilter;

/// Wires what every request passes first.
@Configuration(proxyBeanMethods = false)
public class RequestConfiguration {

  @Bean
  WebFilter requestIds(ApplicationContext context) {
    return new PublicPort(context, -1000, new RequestIds());
  }

  @Bean
  WebFilter hygiene(ApplicationContext context) {
    return new PublicPort(context, -900, new Hygiene());
  }
}
