package io.plimsoll.ratelimit.access;

import io.plimsoll.ratelimit.InternalPort;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.PathContainer;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Mono;

/// Asks for a gateway's token under `/internal` and for an operator's everywhere else but at
/// Actuator's probes and metrics. Closed by default, and it reads paths as the mappings do.
@InternalPort
@Component
final class InternalCallersOnly implements WebFilter {

  private static final PathPattern OPEN = pattern("/actuator/{*rest}");
  private static final PathPattern GATEWAYS = pattern("/internal/{*rest}");
  private static final String SCHEME = "Bearer ";

  private final AdminTokens operators;
  private final GatewayTokens gateways;

  InternalCallersOnly(AdminTokens operators, GatewayTokens gateways) {
    this.operators = operators;
    this.gateways = gateways;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    PathContainer path = exchange.getRequest().getPath().pathWithinApplication();
    if (OPEN.matches(path)) {
      return chain.filter(exchange);
    }
    String token = token(exchange.getRequest().getHeaders());
    if (GATEWAYS.matches(path)) {
      return token == null
          ? Mono.error(UnknownGatewayException::new)
          : gateways.check(token).then(Mono.defer(() -> chain.filter(exchange)));
    }
    return token != null && operators.accept(token)
        ? chain.filter(exchange)
        : Mono.error(UnknownOperatorException::new);
  }

  private static @Nullable String token(HttpHeaders headers) {
    var values = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
    return values.size() == 1
            && values.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? values.getFirst().substring(SCHEME.length())
        : null;
  }

  private static PathPattern pattern(String path) {
    return PathPatternParser.defaultInstance.parse(path);
  }
}
