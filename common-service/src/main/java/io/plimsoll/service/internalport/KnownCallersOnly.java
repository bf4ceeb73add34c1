package io.plimsoll.service.internalport;

import io.plimsoll.service.InternalTokens;
import org.springframework.http.server.PathContainer;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Mono;

/// Asks on the internal port for a gateway's token below `/internal`, and for an operator's
/// everywhere else but at Actuator's probes and metrics. Closed by default: a path that this filter
/// and the mappings read differently is refused, not served.
final class KnownCallersOnly implements WebFilter {

  private static final PathPattern OPEN = pattern("/actuator/{*rest}");
  private static final PathPattern GATEWAYS = pattern("/internal/{*rest}");

  private final AdminTokens operators;
  private final InternalTokens gateways;

  KnownCallersOnly(AdminTokens operators, InternalTokens gateways) {
    this.operators = operators;
    this.gateways = gateways;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    PathContainer path = exchange.getRequest().getPath().pathWithinApplication();
    if (OPEN.matches(path)) {
      return chain.filter(exchange);
    }
    String token = InternalTokens.bearer(exchange.getRequest().getHeaders());
    if (GATEWAYS.matches(path)) {
      return (token == null ? Mono.just(false) : gateways.isGateways(token))
          .flatMap(
              known -> known ? chain.filter(exchange) : Mono.error(new UnknownGatewayException()));
    }
    String operator = token == null ? null : operators.fingerprint(token);
    if (operator == null) {
      return Mono.error(UnknownOperatorException::new);
    }
    exchange.getAttributes().put(InternalPort.OPERATOR, operator);
    return chain.filter(exchange);
  }

  private static PathPattern pattern(String path) {
    return PathPatternParser.defaultInstance.parse(path);
  }
}
