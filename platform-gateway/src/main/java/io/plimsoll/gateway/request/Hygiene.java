package io.plimsoll.gateway.request;

import io.plimsoll.gateway.answer.ProblemException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Refuses ambiguous request targets before anything is decided by them. Answers to a ticket's URL
/// must be kept by nobody, whatever they say.
final class Hygiene implements WebFilter {

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    RequestTarget target;
    try {
      target = RequestTarget.read(exchange);
    } catch (ProblemException e) {
      keepSecret(exchange);
      return Mono.error(e);
    }
    target.attach(exchange);
    if (target.ticket() != null) {
      keepSecret(exchange);
    }
    return chain.filter(exchange);
  }

  private static void keepSecret(ServerWebExchange exchange) {
    exchange
        .getResponse()
        .beforeCommit(
            () -> {
              var headers = exchange.getResponse().getHeaders();
              headers.set("Referrer-Policy", "no-referrer");
              headers.set("Cache-Control", "no-store");
              return Mono.empty();
            });
  }
}
