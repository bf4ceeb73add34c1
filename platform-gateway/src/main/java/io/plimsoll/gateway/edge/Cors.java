package io.plimsoll.gateway.edge;

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

/// Lets pages call the platform: those of its own origin and of listed ones with every token,
/// others if the tenant of their token allows it, which [Origins] decides when that tenant is
/// known.
///
/// A preflight carries no token, so it is answered for every origin: it permits nothing but the
/// request itself, which is judged. No answer ever allows credentials: tokens are sent by the
/// page's own code, and nothing is sent along by the browser. An error before the tenant is known
/// may be read by any page: there is nothing in it but what the page did wrong.
final class Cors implements WebFilter {

  private static final String ATTRIBUTE = Cors.class.getName();
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

  /// The origin of a page that only a tenant can allow; null for all others, and for no page.
  static @Nullable String undecided(ServerWebExchange exchange) {
    return exchange.getAttribute(ATTRIBUTE);
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
    if (isPreflight(request)) {
      headers.setAccessControlAllowOrigin(origin);
      headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
      headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
      headers.set(HttpHeaders.ACCESS_CONTROL_MAX_AGE, "600");
      exchange.getResponse().setStatusCode(HttpStatus.NO_CONTENT);
      return exchange.getResponse().setComplete();
    }
    if (allowed.contains(origin) || sameOrigin(origin, request)) {
      headers.setAccessControlAllowOrigin(origin);
    } else {
      headers.setAccessControlAllowOrigin("*");
      exchange.getAttributes().put(ATTRIBUTE, origin);
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
