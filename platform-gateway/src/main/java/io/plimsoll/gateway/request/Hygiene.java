package io.plimsoll.gateway.request;

import io.plimsoll.gateway.answer.ProblemException;
import java.util.function.Consumer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Refuses ambiguous request targets before anything is decided by them. Answers to a ticket's URL
/// must be kept by nobody, whatever they say.
///
/// What users wrote is in many answers, so no browser may guess a type for one, or let a page of
/// another origin embed it: such a page has to ask by `fetch` or `EventSource`, which its origin is
/// allowed or not.
final class Hygiene implements WebFilter {

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    ServerHttpResponse response = exchange.getResponse();
    beforeCommit(
        response,
        headers -> {
          headers.set("X-Content-Type-Options", "nosniff");
          headers.set("Cross-Origin-Resource-Policy", "same-origin");
        });
    RequestTarget target;
    try {
      target = RequestTarget.read(exchange);
    } catch (ProblemException e) {
      keepSecret(response);
      return Mono.error(e);
    }
    target.attach(exchange);
    if (target.ticket() != null) {
      keepSecret(response);
    }
    return chain.filter(exchange);
  }

  private static void keepSecret(ServerHttpResponse response) {
    beforeCommit(
        response,
        headers -> {
          headers.set("Referrer-Policy", "no-referrer");
          headers.set("Cache-Control", "no-store");
        });
  }

  /// Last, over whatever a service has said.
  private static void beforeCommit(ServerHttpResponse response, Consumer<HttpHeaders> change) {
    response.beforeCommit(() -> Mono.fromRunnable(() -> change.accept(response.getHeaders())));
  }
}
