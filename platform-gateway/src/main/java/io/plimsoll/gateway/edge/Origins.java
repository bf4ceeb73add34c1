package io.plimsoll.gateway.edge;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.authority.Known;
import io.plimsoll.gateway.authority.Tenant;
import io.plimsoll.gateway.authority.Tenants;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.service.Credentials;
import io.plimsoll.gateway.service.Services;
import io.plimsoll.gateway.token.Verified;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// After verification: whether a page of a foreign origin may do this with its tenant's token or
/// ticket. Public paths are open to every page; a path that takes a client's secret to none, for a
/// secret has no place in a page.
final class Origins implements GlobalFilter, Ordered {

  private final Tenants tenants;

  Origins(Tenants tenants) {
    this.tenants = tenants;
  }

  @Override
  public int getOrder() {
    return 110;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
    String origin = Cors.undecided(exchange);
    if (origin == null) {
      return chain.filter(exchange);
    }
    Verified caller = Verified.of(exchange);
    if (caller == null) {
      Credentials asked = Services.of(exchange).credentials(RequestTarget.of(exchange).path());
      return asked == Credentials.NONE ? chain.filter(exchange) : refused(exchange);
    }
    Known<Tenant> held = tenants.peek(caller.tenant());
    return held != null
        ? judge(exchange, chain, origin, held.entry())
        : tenants
            .get(caller.tenant())
            .onErrorMap(
                _ ->
                    Problem.unavailable("keys-unavailable", "Origins can't be told now; repeat.")
                        .exception())
            .flatMap(tenant -> judge(exchange, chain, origin, tenant.entry()));
  }

  private static Mono<Void> judge(
      ServerWebExchange exchange,
      GatewayFilterChain chain,
      String origin,
      @Nullable Tenant tenant) {
    if (tenant == null || !tenant.origins().contains(origin)) {
      return refused(exchange);
    }
    exchange.getResponse().getHeaders().setAccessControlAllowOrigin(origin);
    return chain.filter(exchange);
  }

  private static Mono<Void> refused(ServerWebExchange exchange) {
    exchange.getResponse().getHeaders().remove(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN);
    return Mono.error(
        Problem.of(403, "origin-not-allowed", "Pages of this origin may not call here.")
            .exception());
  }
}
