package io.plimsoll.gateway.token;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.service.Credentials;
import io.plimsoll.gateway.service.Services;
import java.util.List;
import java.util.Locale;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// First step of the pipeline: knows who calls, or refuses.
final class Verification implements GlobalFilter, Ordered {

  private final Tokens tokens;
  private final Tickets tickets;

  Verification(Tokens tokens, Tickets tickets) {
    this.tokens = tokens;
    this.tickets = tickets;
  }

  @Override
  public int getOrder() {
    return 100;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
    RequestTarget target = RequestTarget.of(exchange);
    if (Services.of(exchange).credentials(target.path()) != Credentials.TOKEN) {
      return chain.filter(exchange);
    }
    return verify(exchange.getRequest(), target, ClientAddress.of(exchange))
        .flatMap(
            verified -> {
              verified.attach(exchange);
              return chain.filter(exchange);
            });
  }

  private Mono<Verified> verify(ServerHttpRequest request, RequestTarget target, String address) {
    List<String> authorization = request.getHeaders().getOrEmpty(HttpHeaders.AUTHORIZATION);
    String ticket = target.ticket();
    if (ticket != null) {
      return authorization.isEmpty()
          ? tickets.admit(ticket, request, address)
          : Mono.error(Problem.of(400, "two-credentials", "Send a token or a ticket.").exception());
    }
    if (authorization.isEmpty()) {
      return Mono.error(
          Problem.unauthorized("token-missing", "Send a token: Authorization: Bearer …")
              .exception());
    }
    String first = authorization.getFirst();
    // RFC 9110, section 11.1: the scheme's case does not matter
    if (authorization.size() > 1 || !first.toLowerCase(Locale.ROOT).startsWith("bearer ")) {
      return Mono.error(Jws.malformed("Send one Authorization header, of the scheme Bearer."));
    }
    return tokens.access(first.substring("bearer ".length()), address);
  }
}
