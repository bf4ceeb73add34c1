package io.plimsoll.gateway.request;

import org.springframework.context.ApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// A filter for what comes from outside. Spring applies every filter to the internal port as well,
/// which is a child context's.
public final class PublicPort implements WebFilter, Ordered {

  private final ApplicationContext context;
  private final int order;
  private final WebFilter filter;

  public PublicPort(ApplicationContext context, int order, WebFilter filter) {
    this.context = context;
    this.order = order;
    this.filter = filter;
  }

  @Override
  public int getOrder() {
    return order;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    return context.equals(exchange.getApplicationContext())
        ? filter.filter(exchange, chain)
        : chain.filter(exchange);
  }
}
