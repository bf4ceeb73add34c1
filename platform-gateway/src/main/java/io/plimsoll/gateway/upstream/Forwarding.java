package io.plimsoll.gateway.upstream;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.timeout.ReadTimeoutException;
import io.plimsoll.gateway.answer.Answers;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.answer.StreamEnd;
import io.plimsoll.gateway.identity.Exchange;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.service.Service;
import io.plimsoll.gateway.service.Services;
import io.plimsoll.gateway.token.Verified;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException;

/// Last step of the pipeline: takes the request to an instance of its service and brings the answer
/// back.
///
/// What failed before anything was sent goes to another instance at once. What may have been read
/// is repeated once, and only if doing it twice does no harm. Nothing is repeated after the client
/// has seen the head of an answer.
final class Forwarding implements GlobalFilter, Ordered {

  private static final Logger log = LoggerFactory.getLogger(Forwarding.class);

  /// RFC 9110, section 9.2.2.
  private static final Set<HttpMethod> IDEMPOTENT =
      Set.of(
          HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT, HttpMethod.DELETE, HttpMethod.OPTIONS);

  private final Clients clients;
  private final Map<String, Instances> instances;
  private final OpenStreams open;
  private final Answers answers;
  private final UpstreamProperties properties;
  private final Clock clock;
  private final MeterRegistry metrics;

  Forwarding(
      Services services,
      Clients clients,
      OpenStreams open,
      Answers answers,
      UpstreamProperties properties,
      Clock clock,
      MeterRegistry metrics) {
    this.clients = clients;
    this.instances =
        services.all().stream()
            .collect(Collectors.toMap(Service::name, service -> instances(service, properties)));
    this.open = open;
    this.answers = answers;
    this.properties = properties;
    this.clock = clock;
    this.metrics = metrics;
    instances.forEach(this::observe);
  }

  private void observe(String service, Instances of) {
    for (Instance instance : of.all()) {
      Gauge.builder("plimsoll.gateway.away", instance, one -> one.away() ? 1 : 0)
          .description("1 while an instance is passed over")
          .tags("service", service, "instance", instance.base())
          .register(metrics);
    }
  }

  private static Instances instances(Service service, UpstreamProperties properties) {
    return new Instances(
        service.upstreams().stream()
            .map(
                base ->
                    new Instance(
                        base, properties.awayMin(), properties.awayMax(), System::nanoTime))
            .toList());
  }

  @Override
  public int getOrder() {
    return 1000;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
    ServerWebExchangeUtils.setAlreadyRouted(exchange);
    if (open.draining()) {
      exchange.getResponse().getHeaders().set(HttpHeaders.CONNECTION, "close");
      if (StreamEnd.wanted(exchange.getRequest())) {
        return answers.end(exchange, "drain");
      }
    }
    Mono<Void> call =
        RequestBody.of(exchange.getRequest(), properties)
            .flatMap(body -> new Call(exchange, body).attempt());
    // back from a worker: both sides of the relay are to be on the client's loop
    EventLoop loop = client(exchange).channel().eventLoop();
    return loop.inEventLoop() ? call : call.subscribeOn(Schedulers.fromExecutor(loop));
  }

  /// The client's connection.
  private static Connection client(ServerWebExchange exchange) {
    HttpServerRequest request = ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest());
    AtomicReference<Connection> found = new AtomicReference<>();
    request.withConnection(found::set);
    return Objects.requireNonNull(found.get());
  }

  /// One request, and what was tried for it.
  private final class Call {

    private final ServerWebExchange exchange;
    private final RequestBody body;
    private final RequestTarget target;
    private final Patience patience;
    private final Service service;
    private final Instances all;
    private final Set<Instance> tried = new HashSet<>();
    private boolean repeated;

    Call(ServerWebExchange exchange, RequestBody body) {
      this.exchange = exchange;
      this.body = body;
      this.target = RequestTarget.of(exchange);
      this.patience = Patience.of(exchange.getRequest(), target);
      this.service = Services.of(exchange);
      this.all = Objects.requireNonNull(instances.get(service.name()));
    }

    Mono<Void> attempt() {
      Instance instance = all.choose(tried);
      return instance == null ? Mono.error(away().exception()) : new Attempt(this, instance).run();
    }

    private Mono<Void> again(Instance failed, boolean timedOut) {
      metrics.counter("plimsoll.gateway.repeats", "service", service.name()).increment();
      Instance other = all.choose(tried);
      if (other != null) {
        return new Attempt(this, other).run();
      }
      // a connection kept from before a restart breaks when it is used: the next one is new
      return timedOut ? Mono.error(late().exception()) : new Attempt(this, failed).run();
    }

    private Problem away() {
      return Problem.unavailable("unavailable", "The service is away; repeat the request.");
    }

    private Problem late() {
      return Problem.of(504, "timeout", "The service did not answer in time.").retryAfter(1);
    }
  }

  /// One try at one instance.
  private final class Attempt {

    private final Call call;
    private final Instance instance;
    private volatile boolean sent;
    private volatile boolean answered;
    private Set<String> copied = Set.of();

    Attempt(Call call, Instance instance) {
      this.call = call;
      this.instance = instance;
    }

    Mono<Void> run() {
      call.tried.add(instance);
      Duration head =
          call.patience == Patience.STREAM
              ? properties.streamHeadTimeout()
              : properties.sendTimeout();
      return request()
          .responseConnection(
              (response, connection) -> {
                answered = true;
                instance.answered();
                // the first element says that the head is there
                return Flux.concat(Mono.just(true), relay(response, connection).cast(Object.class));
              })
          .timeout(Mono.delay(head), _ -> Mono.never())
          .then()
          .onErrorResume(this::failed);
    }

    private HttpClient.ResponseReceiver<?> request() {
      HttpClient.RequestSender sender =
          clients
              .of(call.patience)
              .headers(headers -> headers.set(Heads.toService(call.exchange, call.service)))
              .doOnRequest((_, _) -> sent = true)
              .request(
                  io.netty.handler.codec.http.HttpMethod.valueOf(
                      call.exchange.getRequest().getMethod().name()))
              .uri(instance.base() + call.target.forwarded());
      return call.body.empty() ? sender : sender.send((_, out) -> out.send(call.body.send()));
    }

    private Mono<Void> failed(Throwable thrown) {
      if (answered) {
        return brokeOff(thrown);
      }
      ProblemException refused = call.body.refused();
      if (refused != null) {
        return Mono.error(refused);
      }
      if (thrown instanceof PoolAcquireTimeoutException
          || thrown instanceof PoolAcquirePendingLimitException) {
        return Mono.error(
            Problem.unavailable("busy", "The service has too much to do; repeat the request.")
                .exception());
      }
      boolean timedOut =
          thrown instanceof ReadTimeoutException || thrown instanceof TimeoutException;
      instance.failed();
      log.debug("{} at {} failed", call.service.name(), instance, thrown);
      if (!sent) {
        return call.attempt();
      }
      boolean harmless =
          IDEMPOTENT.contains(call.exchange.getRequest().getMethod()) && call.body.available();
      if (harmless && !call.repeated) {
        call.repeated = true;
        return call.again(instance, timedOut);
      }
      return Mono.error((timedOut ? call.late() : lost(harmless)).exception());
    }

    private Problem lost(boolean harmless) {
      return Problem.unavailable(
          "unavailable",
          harmless
              ? "The service is away; repeat the request."
              : "The service broke off; it may have carried the request out.");
    }

    private Mono<Void> brokeOff(Throwable thrown) {
      if (thrown instanceof ProblemException) {
        return Mono.error(thrown);
      }
      if (!call.exchange.getResponse().isCommitted()) {
        copied.forEach(call.exchange.getResponse().getHeaders()::remove);
        return Mono.error(lost(false).exception());
      }
      log.debug("{} at {} broke off", call.service.name(), instance, thrown);
      client(call.exchange).dispose();
      return Mono.never();
    }

    private Mono<Void> relay(HttpClientResponse head, Connection service) {
      ServerHttpResponse response = call.exchange.getResponse();
      Mono<Void> refused = instead(head);
      if (refused != null) {
        service.dispose();
        return refused;
      }
      response.setStatusCode(HttpStatusCode.valueOf(head.status().code()));
      copied = Heads.toClient(head.responseHeaders(), response.getHeaders());
      NettyDataBufferFactory buffers = (NettyDataBufferFactory) response.bufferFactory();
      Mono<Void> written;
      if (isStream(response)) {
        service.removeHandler(NettyPipeline.ResponseTimeoutHandler);
        response.getHeaders().set("X-Accel-Buffering", "no");
        Flux<ByteBuf> bytes =
            StreamRelay.relay(
                service.inbound().receive().retain(),
                service.channel().eventLoop(),
                () -> client(call.exchange).dispose(),
                open,
                terms());
        written =
            response.writeAndFlushWith(
                // an empty group first: it takes the head along, which would wait for an event
                Flux.<Publisher<DataBuffer>>just(Flux.empty())
                    .concatWith(bytes.map(part -> Mono.just(buffers.wrap(part)))));
      } else {
        written = response.writeWith(service.inbound().receive().retain().map(buffers::wrap));
      }
      // a client that left takes the service's connection with it
      return written.doFinally(
          signal -> {
            if (signal != SignalType.ON_COMPLETE || isStream(response)) {
              service.dispose();
            }
          });
    }

    /// An answer of ours in place of the service's, for some.
    private @Nullable Mono<Void> instead(HttpClientResponse head) {
      int status = head.status().code();
      if (status == 401 && Exchange.internalToken(call.exchange) != null) {
        // callers are judged here; a service that refuses one does not trust this gateway
        log.warn("{} at {} refuses this gateway's internal token", call.service.name(), instance);
        return Mono.error(
            Problem.unavailable("unavailable", "The service can't take requests now.").exception());
      }
      boolean comesBack = status == 429 || (status >= 502 && status <= 504);
      return comesBack && StreamEnd.wanted(call.exchange.getRequest())
          ? answers.end(call.exchange, status == 429 ? "rate_limited" : "unavailable")
          : null;
    }

    private boolean isStream(ServerHttpResponse response) {
      return MediaType.TEXT_EVENT_STREAM.isCompatibleWith(response.getHeaders().getContentType());
    }

    private StreamRelay.Terms terms() {
      Verified caller = Verified.of(call.exchange);
      if (caller == null) {
        return new StreamRelay.Terms(properties.streamSilence(), null, "", null, null);
      }
      Instant now = clock.instant();
      // services end a stream at the token's end themselves; a ticket's end only the gateway knows
      Instant tokenEnd = caller.authExpires().plusSeconds(1);
      boolean ticketFirst = caller.ticket() != null && caller.expires().isBefore(tokenEnd);
      return new StreamRelay.Terms(
          properties.streamSilence(),
          Duration.between(now, ticketFirst ? caller.expires() : tokenEnd),
          StreamEnd.stop(ticketFirst ? "ticket_ended" : "token_expired"),
          caller.ticket() == null ? null : caller.id(),
          caller.bearer());
    }
  }
}
