package io.plimsoll.gateway.edge;

import io.plimsoll.gateway.answer.Problem;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Lets pages of listed origins call the platform. No answer ever allows credentials: tokens are
/// sent by the page's own code, and nothing is sent along by the browser.
final class Cors implements WebFilter {

  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

  /// `*` does not include it.
  private static final String HEADERS = "Authorization, *";

  private static final List<String> EXPOSED =
      List.of(
          "RateLimit",
          "RateLimit-Policy",
          "Retry-After",
          "WWW-Authenticate",
          "Location",
          "ETag",
          "Stream-Next-Offset",
          "Stream-Up-To-Date",
          "Stream-Cursor",
          "Stream-Closed",
          "X-Request-Id");

  private final Set<String> allowed;

  Cors(URI own, List<String> others) {
    allowed =
        Stream.concat(Stream.of(own.getScheme() + "://" + own.getAuthority()), others.stream())
            .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    ServerHttpRequest request = exchange.getRequest();
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.add(HttpHeaders.VARY, HttpHeaders.ORIGIN);
    String origin = request.getHeaders().getFirst(HttpHeaders.ORIGIN);
    if (origin == null) {
      return chain.filter(exchange);
    }
    if (!allowed.contains(origin) && !sameOrigin(origin, request)) {
      return Mono.error(
          Problem.of(403, "origin-not-allowed", "Pages of this origin may not call here.")
              .exception());
    }
    headers.setAccessControlAllowOrigin(origin);
    if (isPreflight(request)) {
      headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
      headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
      headers.set(HttpHeaders.ACCESS_CONTROL_MAX_AGE, "600");
      exchange.getResponse().setStatusCode(HttpStatus.NO_CONTENT);
      return exchange.getResponse().setComplete();
    }
    headers.setAccessControlExposeHeaders(EXPOSED);
    return chain.filter(exchange);
  }

  private static boolean isPreflight(ServerHttpRequest request) {
    return HttpMethod.OPTIONS.equals(request.getMethod())
        && request.getHeaders().getFirst(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD) != null;
  }

  /// The page was loaded from here, by whatever name.
  private static boolean sameOrigin(String origin, ServerHttpRequest request) {
    @Nullable String host = request.getHeaders().getFirst(HttpHeaders.HOST);
    return host != null && (origin.equals("http://" + host) || origin.equals("https://" + host));
  }
}
