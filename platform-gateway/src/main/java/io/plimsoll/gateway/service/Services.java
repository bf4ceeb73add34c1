package io.plimsoll.gateway.service;

import java.util.List;
import java.util.Objects;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;

/// Every service of the configuration, as routes of Spring Cloud Gateway: one each, chosen by path
/// prefix. Paths are not rewritten.
public final class Services implements RouteLocator {

  private static final String SERVICE = "service";

  private final List<Service> all;
  private final List<Route> routes;

  Services(List<Service> all) {
    this.all = List.copyOf(all);
    this.routes = this.all.stream().map(Services::route).toList();
  }

  /// In the order of the configuration.
  public List<Service> all() {
    return all;
  }

  /// The service that a routed request goes to.
  public static Service of(ServerWebExchange exchange) {
    Route route = exchange.getRequiredAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
    return (Service) Objects.requireNonNull(route.getMetadata().get(SERVICE));
  }

  @Override
  public Flux<Route> getRoutes() {
    return Flux.fromIterable(routes);
  }

  private static Route route(Service service) {
    return Route.async()
        .id(service.name())
        // the instance is chosen per attempt; a route must name one
        .uri(service.upstreams().getFirst())
        .metadata(SERVICE, service)
        .predicate(exchange -> service.owns(exchange.getRequest().getURI().getRawPath()))
        .build();
  }
}
