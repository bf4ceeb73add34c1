package io.plimsoll.gateway.request;

import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Gives each request an id, the client's own if it is harmless, and answers with it.
public final class RequestIds implements WebFilter {

  public static final String HEADER = "X-Request-Id";

  private static final String ATTRIBUTE = RequestIds.class.getName();

  /// Goes into logs of every service as it is.
  private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._-]{8,64}");

  RequestIds() {}

  /// The id of a request.
  public static String of(ServerWebExchange exchange) {
    return Objects.requireNonNull(exchange.<String>getAttribute(ATTRIBUTE));
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    String id = id(exchange.getRequest().getHeaders().getFirst(HEADER));
    exchange.getAttributes().put(ATTRIBUTE, id);
    exchange.getResponse().getHeaders().set(HEADER, id);
    return chain.filter(exchange);
  }

  private static String id(@Nullable String given) {
    return given != null && SANE.matcher(given).matches() ? given : UUID.randomUUID().toString();
  }
}
