package io.plimsoll.auth.operator;

import io.plimsoll.auth.InternalPort;
import io.plimsoll.auth.audit.Actor;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.PathContainer;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Asks on the internal port for a gateway's token below `/internal`, and for an operator's
/// everywhere else but at Actuator's probes and metrics. Closed by default: a path that this filter
/// and the mappings read differently is refused, not served.
@InternalPort
@Component
final class KnownCallersOnly implements WebFilter {

  private static final PathPattern OPEN =
      PathPatternParser.defaultInstance.parse("/actuator/{*rest}");
  private static final PathPattern GATEWAYS =
      PathPatternParser.defaultInstance.parse("/internal/{*rest}");
  private static final String SCHEME = "Bearer ";

  private final AdminTokens operators;
  private final GatewayTokens gateways;

  KnownCallersOnly(AdminTokens operators, GatewayTokens gateways) {
    this.operators = operators;
    this.gateways = gateways;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    PathContainer path = exchange.getRequest().getPath().pathWithinApplication();
    if (OPEN.matches(path)) {
      return chain.filter(exchange);
    }
    Optional<String> token = token(exchange.getRequest().getHeaders());
    if (GATEWAYS.matches(path)) {
      return Mono.fromCallable(() -> token.filter(gateways::accept).isPresent())
          .subscribeOn(Schedulers.boundedElastic())
          .flatMap(
              known -> known ? chain.filter(exchange) : Mono.error(new UnknownGatewayException()));
    }
    Optional<Actor> operator = token.flatMap(operators::accept).map(Actor::operator);
    if (operator.isEmpty()) {
      return Mono.error(new UnknownOperatorException());
    }
    exchange.getAttributes().put(Actor.ATTRIBUTE, operator.get());
    return chain.filter(exchange);
  }

  private static Optional<String> token(HttpHeaders headers) {
    var values = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
    return values.size() == 1
            && values.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? Optional.of(values.getFirst().substring(SCHEME.length()))
        : Optional.empty();
  }
}
