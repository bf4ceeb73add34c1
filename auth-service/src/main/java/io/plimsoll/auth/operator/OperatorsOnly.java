package io.plimsoll.auth.operator;

import io.plimsoll.auth.InternalPort;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.PathContainer;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Mono;

/// Asks for an operator's token on the internal port, everywhere but at Actuator's probes and
/// metrics. Closed by default: a path that this filter and the mappings read differently is
/// refused, not served.
@InternalPort
@Component
final class OperatorsOnly implements WebFilter {

  private static final PathPattern OPEN =
      PathPatternParser.defaultInstance.parse("/actuator/{*rest}");
  private static final String SCHEME = "Bearer ";

  private final AdminTokens tokens;

  OperatorsOnly(AdminTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    PathContainer path = exchange.getRequest().getPath().pathWithinApplication();
    if (OPEN.matches(path) || accepted(exchange.getRequest().getHeaders())) {
      return chain.filter(exchange);
    }
    return Mono.error(UnknownOperatorException::new);
  }

  private boolean accepted(HttpHeaders headers) {
    var values = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
    return values.size() == 1
        && values.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && tokens.accept(values.getFirst().substring(SCHEME.length()));
  }
}
