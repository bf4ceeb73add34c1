package io.plimsoll.gateway.edge;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.service.Credentials;
import io.plimsoll.gateway.service.Services;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Limits, per address and on this gateway alone, how often a client's secret may be tried: before
/// any look-up, for each costs the auth-service a query.
final class ClientRates implements GlobalFilter, Ordered {

  private static final int ADDRESSES = 100_000;
  private static final int IPV6_NETWORK = 8; // bytes of a /64: one customer's line

  private final int rate;
  private final int burst;
  private final LongSupplier nanoTime;
  private final Cache<String, Bucket> buckets =
      Caffeine.newBuilder()
          .maximumSize(ADDRESSES)
          .expireAfterAccess(Duration.ofMinutes(10))
          .build();

  ClientRates(int rate, int burst, LongSupplier nanoTime) {
    this.rate = rate;
    this.burst = burst;
    this.nanoTime = nanoTime;
  }

  /// Units left, and when they were counted.
  private static final class Bucket {
    private double units;
    private long at;

    Bucket(double units, long at) {
      this.units = units;
      this.at = at;
    }
  }

  /// Before verification, which such a path does not need.
  @Override
  public int getOrder() {
    return 50;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
    if (Services.of(exchange).credentials(RequestTarget.of(exchange).path()) != Credentials.CLIENT
        || admit(address(exchange.getRequest().getRemoteAddress()))) {
      return chain.filter(exchange);
    }
    return Mono.error(
        Problem.of(429, "rate-limited", "Too many requests from this address.")
            .retryAfter(1)
            .exception());
  }

  boolean admit(String address) {
    long now = nanoTime.getAsLong();
    Bucket bucket = buckets.get(address, _ -> new Bucket(burst, now));
    synchronized (bucket) {
      bucket.units = Math.min(burst, bucket.units + (now - bucket.at) * 1e-9 * rate);
      bucket.at = now;
      if (bucket.units < 1) {
        return false;
      }
      bucket.units--;
      return true;
    }
  }

  private static String address(@Nullable InetSocketAddress socket) {
    if (socket == null || socket.getAddress() == null) {
      return "unknown";
    }
    byte[] bytes = socket.getAddress().getAddress();
    return HexFormat.of()
        .formatHex(bytes.length == 16 ? Arrays.copyOf(bytes, IPV6_NETWORK) : bytes);
  }
}
