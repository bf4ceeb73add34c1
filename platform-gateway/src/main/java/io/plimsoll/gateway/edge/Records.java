package io.plimsoll.gateway.edge;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.plimsoll.gateway.answer.Answers;
import io.plimsoll.gateway.request.RequestIds;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.token.Verified;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/// Measures every request and writes the access log (logger `access`): one line each, at its end,
/// with neither query nor headers, for tickets and tokens are there.
final class Records implements WebFilter {

  private static final Logger access = LoggerFactory.getLogger("access");
  private static final String NONE = "-";

  private record Key(String service, int status, boolean stream) {}

  private final Answers answers;
  private final MeterRegistry metrics;
  private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

  Records(Answers answers, MeterRegistry metrics) {
    this.answers = answers;
    this.metrics = metrics;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    long start = System.nanoTime();
    return chain
        .filter(exchange)
        // here rather than around all filters, so that what it answers is seen
        .onErrorResume(thrown -> answers.handle(exchange, thrown))
        .doFinally(signal -> record(exchange, signal, System.nanoTime() - start));
  }

  private void record(ServerWebExchange exchange, SignalType signal, long nanos) {
    String service = service(exchange);
    @Nullable HttpStatusCode code = exchange.getResponse().getStatusCode();
    // as nginx logs a client that left before an answer
    int status = code == null ? (signal == SignalType.CANCEL ? 499 : 500) : code.value();
    boolean stream =
        MediaType.TEXT_EVENT_STREAM.equals(exchange.getResponse().getHeaders().getContentType());
    timers
        .computeIfAbsent(new Key(service, status, stream), this::timer)
        .record(Duration.ofNanos(nanos));
    if (access.isInfoEnabled()) {
      Verified caller = Verified.of(exchange);
      access.info(
          "{} {} {} {}ms service={} tenant={} id={}{}",
          exchange.getRequest().getMethod(),
          path(exchange),
          status,
          nanos / 1_000_000,
          service,
          caller == null ? NONE : caller.tenant(),
          RequestIds.of(exchange),
          signal == SignalType.CANCEL ? " left" : "");
    }
  }

  private Timer timer(Key key) {
    return Timer.builder("plimsoll.gateway.requests")
        .description("Requests, from their head to the end of the answer")
        .tag("service", key.service())
        .tag("status", Integer.toString(key.status()))
        .tag("kind", key.stream() ? "stream" : "request")
        .register(metrics);
  }

  private static String service(ServerWebExchange exchange) {
    Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
    return route == null ? NONE : route.getId();
  }

  /// A target that was refused may hold anything.
  private static String path(ServerWebExchange exchange) {
    RequestTarget target = RequestTarget.ifValid(exchange);
    return target == null ? NONE : target.path();
  }
}
