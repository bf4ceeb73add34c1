package io.plimsoll.gateway.edge;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.limit.Buckets;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.service.Credentials;
import io.plimsoll.gateway.service.Services;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Limits, per address and per client id and on this gateway alone, how often a client's secret may
/// be tried: before any look-up, for each costs the auth-service a query.
final class ClientRates implements GlobalFilter, Ordered {

  private static final String BASIC = "basic ";
  private static final int LONGEST_ID = 128;

  private final Buckets buckets;

  ClientRates(int rate, int burst, LongSupplier nanoTime) {
    this.buckets = new Buckets(rate, burst, nanoTime);
  }

  /// Before verification, which such a path does not need.
  @Override
  public int getOrder() {
    return 50;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
    if (Services.of(exchange).credentials(RequestTarget.of(exchange).path())
        != Credentials.CLIENT) {
      return chain.filter(exchange);
    }
    String address = "address " + ClientAddress.of(exchange);
    if (!buckets.take(address)) {
      return refused("Too many requests from this address.", address);
    }
    String id = clientId(exchange.getRequest().getHeaders().getOrEmpty(HttpHeaders.AUTHORIZATION));
    if (id != null && !buckets.take("client " + id)) {
      return refused("Too many requests of this client.", "client " + id);
    }
    return chain.filter(exchange);
  }

  private Mono<Void> refused(String detail, String bucket) {
    return Mono.error(
        Problem.of(429, "rate-limited", detail).retryAfter(buckets.retryAfter(bucket)).exception());
  }

  /// RFC 7617: up to the first colon. What can't be read the service will refuse.
  private static @Nullable String clientId(List<String> authorization) {
    if (authorization.size() != 1
        || !authorization.getFirst().toLowerCase(Locale.ROOT).startsWith(BASIC)) {
      return null;
    }
    try {
      String pair =
          new String(
              Base64.getDecoder().decode(authorization.getFirst().substring(BASIC.length())),
              StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      return colon > 0 && colon <= LONGEST_ID ? pair.substring(0, colon) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
