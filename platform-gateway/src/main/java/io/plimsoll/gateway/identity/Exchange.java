package io.plimsoll.gateway.identity;

import io.plimsoll.gateway.service.Services;
import io.plimsoll.gateway.token.Verified;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Second step of the pipeline: gets the internal token by which the service will know the caller.
public final class Exchange implements GlobalFilter, Ordered {

  private static final String ATTRIBUTE = Exchange.class.getName();

  private final InternalTokens tokens;

  Exchange(InternalTokens tokens) {
    this.tokens = tokens;
  }

  /// The internal token for a request; null where the path asks for none.
  public static @Nullable String internalToken(ServerWebExchange exchange) {
    return exchange.getAttribute(ATTRIBUTE);
  }

  @Override
  public int getOrder() {
    return 200;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
    Verified caller = Verified.of(exchange);
    if (caller == null) {
      return chain.filter(exchange);
    }
    return tokens
        .exchange(caller, Services.of(exchange))
        .flatMap(
            token -> {
              exchange.getAttributes().put(ATTRIBUTE, token);
              return chain.filter(exchange);
            });
  }
}
