package io.plimsoll.gateway.upstream;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutException;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.answer.StreamEnd;
import io.plimsoll.gateway.call.Answers;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Shares;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.limit.Limits;
import io.plimsoll.gateway.limit.Place;
import io.plimsoll.gateway.limit.Ruling;
import io.plimsoll.gateway.meter.Meter;
import io.plimsoll.gateway.meter.MeteredStream;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.service.Service;
import io.plimsoll.gateway.service.Services;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Last step of the pipeline: takes the request to an instance of its service and brings the answer
/// back.
///
/// What failed before anything was sent goes to another instance at once. What may have been read
/// is repeated once, and only if doing it twice does no harm. Nothing is repeated after the client
/// has seen the head of an answer.
public final class Forwarding implements Consumer<Call> {

  private static final Logger log = LoggerFactory.getLogger(Forwarding.class);

  /// RFC 9110, section 9.2.2.
  private static final Set<HttpMethod> IDEMPOTENT =
      Set.of(
          HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT, HttpMethod.DELETE, HttpMethod.OPTIONS);

  /// Answers of an announced length up to this leave whole, in one write with their head; of others
  /// as much is held until the service makes a pause.
  private static final int HELD = 128 << 10;

  private static final int UNFLUSHED = 64 << 10;

  private static final String TICKET_ENDED = StreamEnd.stop("ticket_ended");
  private static final String TOKEN_EXPIRED = StreamEnd.stop("token_expired");

  private static final Problem BUSY =
      Problem.unavailable("busy", "The service has too much to do; repeat the request.");

  /// What a service has.
  ///
  /// @param ordinary how much of it is asked at a time
  /// @param uploads places for bodies that pass at their clients' pace
  /// @param aside places for answers that wait for their clients to read
  private record Capacity(Instances instances, Shedding ordinary, Shares uploads, Shares aside) {}

  private final Clients clients;
  private final Map<String, Capacity> services;
  private final OpenStreams open;
  private final Limits limits;
  private final Meter meter;
  private final Answers answers;
  private final UpstreamProperties properties;
  private final ClientAddress addresses;
  private final Clock clock;
  private final MeterRegistry metrics;

  Forwarding(
      Services services,
      Clients clients,
      OpenStreams open,
      Limits limits,
      Meter meter,
      Answers answers,
      UpstreamProperties properties,
      ClientAddress addresses,
      Clock clock,
      MeterRegistry metrics) {
    this.clients = clients;
    this.services =
        services.all().stream()
            .collect(Collectors.toMap(Service::name, service -> capacity(service, properties)));
    this.open = open;
    this.limits = limits;
    this.meter = meter;
    this.answers = answers;
    this.properties = properties;
    this.clock = clock;
    this.addresses = addresses;
    this.metrics = metrics;
    this.services.forEach(this::observe);
  }

  private void observe(String service, Capacity capacity) {
    Gauge.builder("plimsoll.gateway.concurrency", capacity.ordinary, Shedding::limit)
        .description("Ordinary requests that the service is given at a time")
        .tag("service", service)
        .register(metrics);
    for (Instance instance : capacity.instances.all()) {
      Gauge.builder("plimsoll.gateway.away", instance, one -> one.away() ? 1 : 0)
          .description("1 while an instance is passed over")
          .tags("service", service, "instance", instance.base())
          .register(metrics);
    }
  }

  private static Capacity capacity(Service service, UpstreamProperties properties) {
    List<Instance> instances =
        service.upstreams().stream().map(base -> Instance.of(base, properties)).toList();
    long connections = (long) properties.connections() * instances.size();
    return new Capacity(
        new Instances(instances),
        new Shedding(properties.concurrencyMin(), properties.concurrencyMax()),
        new Shares(connections),
        new Shares(connections));
  }

  @Override
  public void accept(Call call) {
    if (open.draining()) {
      call.closeAfterwards();
      if (call.wantsEvents()) {
        answers.end(call, "drain");
        return;
      }
    }
    RequestBody.read(
        call,
        properties,
        body -> {
          if (!call.isOver()) {
            begin(new Route(call, body));
          }
        },
        refused -> answers.refuse(call, refused));
  }

  private void begin(Route route) {
    if (route.enter()) {
      route.attempt();
    } else {
      answers.write(route.call, BUSY);
    }
  }

  /// One request, and what was tried for it.
  private final class Route {

    private final Call call;
    private final RequestBody body;
    private final Patience patience;
    private final Capacity service;
    private final @Nullable Shedding bound;
    private Set<Instance> tried = Set.of();
    private boolean repeated;
    private boolean entered;

    Route(Call call, RequestBody body) {
      this.call = call;
      this.body = body;
      this.patience = Patience.of(call, body.passes());
      this.service = Objects.requireNonNull(services.get(call.service().name()));
      this.bound =
          switch (patience) {
            case ORDINARY, UPLOAD -> service.ordinary;
            case LONG_POLL, STREAM -> null;
          };
    }

    /// Whether the service can take it.
    private boolean enter() {
      if (bound == null) {
        return true;
      }
      if (patience == Patience.UPLOAD) {
        return !bound.full() && share(service.uploads); // counted once the service has all of it
      }
      entered = bound.enter();
      if (entered) {
        call.whenOver(this::leave);
      }
      return entered;
    }

    /// Takes a place of those that slow clients can use up.
    private boolean share(Shares places) {
      String address = call.address(addresses);
      boolean taken = places.take(address, 1);
      if (taken) {
        call.whenOver(() -> places.give(address, 1));
      }
      return taken;
    }

    private void uploaded() {
      if (patience == Patience.UPLOAD && bound != null && !entered) {
        bound.join();
        entered = true;
        call.whenOver(this::leave);
      }
    }

    private void leave() {
      if (entered && bound != null) {
        entered = false;
        bound.leave();
      }
    }

    private void sample(long start, boolean dropped) {
      if (entered && bound != null) {
        bound.sample(start, dropped);
      }
    }

    private void attempt() {
      Instance instance = service.instances.choose(tried);
      if (instance == null) {
        answers.write(call, away());
      } else {
        attempt(instance);
      }
    }

    private void attempt(Instance instance) {
      if (tried.isEmpty()) {
        tried = Set.of(instance);
      } else {
        tried = new HashSet<>(tried);
        tried.add(instance);
      }
      Attempt attempt = new Attempt(this, instance);
      call.whenClientLeaves(attempt);
      clients.ask(instance, patience, call.loop(), attempt);
    }

    private void again(Instance failed, boolean timedOut) {
      metrics.counter("plimsoll.gateway.repeats", "service", call.service().name()).increment();
      Instance other = service.instances.choose(tried);
      if (other != null) {
        attempt(other);
      } else if (timedOut) {
        answers.write(call, late());
      } else {
        // a connection kept from before a restart breaks when it is used: the next one is new
        attempt(failed);
      }
    }

    private Problem away() {
      return Problem.unavailable("unavailable", "The service is away; repeat the request.");
    }

    private Problem late() {
      return Problem.of(504, "timeout", "The service did not answer in time.").retryAfter(1);
    }
  }

  /// One try at one instance, and the answer that came of it.
  private final class Attempt implements Lines.Asker, Line.User, Runnable {

    private final Route route;
    private final Call call;
    private final Instance instance;
    private @Nullable Line line;
    private @Nullable HttpResponse head;
    private @Nullable ByteBuf held;
    private boolean holdsAll;
    private long start;
    private @Nullable ChannelFuture lastWrite;
    private long unflushed;
    private boolean waiting;

    Attempt(Route route, Instance instance) {
      this.route = route;
      this.call = route.call;
      this.instance = instance;
    }

    private Line line() {
      return Objects.requireNonNull(line);
    }

    /// The client has left, and the service learns it at once.
    @Override
    public void run() {
      route.body.stop();
      drop();
      if (line != null) {
        line.abandon();
        line = null;
      }
    }

    // getting a connection

    @Override
    public boolean wants() {
      return !call.isOver();
    }

    @Override
    public void got(Line got) {
      line = got;
      got.use(this, call.method());
      start = System.nanoTime();
      got.within(
          route.patience == Patience.STREAM
              ? properties.streamHeadTimeout()
              : properties.sendTimeout());
      String target = instance.prefix() + call.target().forwarded();
      HttpHeaders headers = Heads.toService(call, instance.host());
      ByteBuf whole = route.body.whole();
      Channel channel = got.channel();
      if (whole != null) {
        if (whole.isReadable() || call.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
          headers.set(HttpHeaderNames.CONTENT_LENGTH, whole.readableBytes());
        }
        var _ =
            channel.writeAndFlush(
                new DefaultFullHttpRequest(
                    HttpVersion.HTTP_1_1,
                    call.method(),
                    target,
                    whole,
                    headers,
                    EmptyHttpHeaders.INSTANCE),
                channel.voidPromise());
        sent();
        return;
      }
      long length = route.body.length();
      if (length < 0) {
        headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
      } else {
        headers.set(HttpHeaderNames.CONTENT_LENGTH, length);
      }
      var _ =
          channel.writeAndFlush(
              new DefaultHttpRequest(HttpVersion.HTTP_1_1, call.method(), target, headers),
              channel.voidPromise());
      if (line == null) {
        return; // it was closed already, which the write has told
      }
      route.body.pass(channel, this::sent, this::bodyRefused);
    }

    private void sent() {
      if (line == null) {
        return;
      }
      line().sent();
      if (head == null) {
        start = System.nanoTime();
        route.uploaded();
        switch (route.patience) {
          case ORDINARY, UPLOAD -> line().within(properties.headTimeout());
          case LONG_POLL -> {
            line().within(properties.longPollTimeout());
            Verified caller = call.caller();
            OpenStreams.Poll poll =
                new OpenStreams.Poll(
                    caller == null ? null : caller.bearer(),
                    why -> call.execute(() -> pollEnded(why)));
            open.addPoll(poll);
            call.whenOver(() -> open.removePoll(poll));
          }
          case STREAM -> {} // runs since before
        }
      }
    }

    /// Nothing has come for the long poll: the client loses nothing.
    private void pollEnded(Problem why) {
      if (line == null || head != null || call.isOver()) {
        return;
      }
      line().abandon();
      line = null;
      if (open.draining()) {
        call.closeAfterwards();
      }
      answers.write(call, why);
    }

    @Override
    public void gotNone(@Nullable Throwable cause) {
      if (call.isOver()) {
        return;
      }
      if (cause == null) {
        answers.write(call, BUSY);
        return;
      }
      instance.failed();
      log.debug("{} at {} refused", call.service().name(), instance, cause);
      route.attempt();
    }

    private void bodyRefused(ProblemException refused) {
      drop();
      if (line != null) {
        line.abandon();
        line = null;
      }
      if (call.isBegun()) {
        call.breakOff();
      } else {
        answers.refuse(call, refused);
      }
    }

    // what the service does

    @Override
    public void failed(Throwable thrown) {
      line = null;
      boolean timedOut = thrown instanceof ReadTimeoutException;
      ProblemException slow = head == null ? route.body.late() : null;
      route.body.stop();
      if (slow != null && timedOut) {
        answers.refuse(call, slow);
        return;
      }
      if (head != null) {
        brokeOff(thrown, timedOut);
        return;
      }
      if (slow == null) { // a service may have its own patience with a body
        instance.failed();
      }
      route.sample(start, timedOut);
      log.debug("{} at {} failed", call.service().name(), instance, thrown);
      boolean harmless = IDEMPOTENT.contains(call.method()) && route.body.available();
      if (harmless && !route.repeated) {
        route.repeated = true;
        route.again(instance, timedOut);
      } else {
        answers.write(call, timedOut ? route.late() : lost(harmless));
      }
    }

    private Problem lost(boolean harmless) {
      return Problem.unavailable(
          "unavailable",
          harmless
              ? "The service is away; repeat the request."
              : "The service broke off; it may have carried the request out.");
    }

    private void brokeOff(Throwable thrown, boolean timedOut) {
      log.debug("{} at {} broke off", call.service().name(), instance, thrown);
      drop();
      if (call.isBegun()) {
        call.breakOff();
      } else {
        answers.write(call, timedOut ? route.late() : lost(false));
      }
    }

    @Override
    public void head(HttpResponse answer) {
      head = answer;
      instance.answered();
      route.sample(start, false);
      if (answeredInstead(answer)) {
        line().abandon();
        line = null;
        return;
      }
      long length = HttpUtil.getContentLength(answer, -1L);
      if (length != 0 && isStream(answer)) {
        stream(answer);
      } else {
        holdsAll = length >= 0 && length <= HELD;
        line().within(properties.headTimeout());
      }
    }

    /// An answer of ours in place of the service's, for some.
    private boolean answeredInstead(HttpResponse answer) {
      int status = answer.status().code();
      if (status == 401 && call.authorization() != null) {
        // callers are judged here; a service that refuses one does not trust this gateway
        log.warn("{} at {} refuses this gateway's token", call.service().name(), instance);
        answers.write(
            call, Problem.unavailable("unavailable", "The service can't take requests now."));
        return true;
      }
      if (byTicket() && status >= 200 && status < 300 && !isStream(answer)) {
        answers.write(
            call,
            Problem.unauthorized("ticket-misused", "The ticket's path answers no event stream."));
        return true;
      }
      if (status < 200 || status > 999) {
        log.warn("{} at {} answers with the status {}", call.service().name(), instance, status);
        answers.write(call, lost(false));
        return true;
      }
      String coding = answer.headers().get(HttpHeaderNames.TRANSFER_ENCODING);
      if (coding != null
          && (!coding.equalsIgnoreCase("chunked")
              || answer.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING).size() > 1)) {
        log.warn(
            "{} at {} answers in a transfer coding that is not accepted",
            call.service().name(),
            instance);
        answers.write(call, lost(false));
        return true;
      }
      boolean comesBack = status == 429 || (status >= 502 && status <= 504);
      if (comesBack && call.wantsEvents()) {
        answers.end(call, status == 429 ? "rate_limited" : "unavailable");
        return true;
      }
      return false;
    }

    /// A `ticket` in the URL of a path that asks for something else is nobody's.
    private boolean byTicket() {
      Verified caller = call.caller();
      return caller != null && caller.ticket() != null;
    }

    private boolean isStream(HttpResponse answer) {
      int status = answer.status().code();
      if (HttpMethod.HEAD.equals(call.method()) || status == 204 || status == 304) {
        return false; // it has no body
      }
      return StreamEnd.isType(answer.headers().get(HttpHeaderNames.CONTENT_TYPE));
    }

    @Override
    public void part(ByteBuf bytes) {
      if (line == null) {
        bytes.release();
        return;
      }
      if (!waiting) {
        line().within(properties.headTimeout());
      }
      if (call.isBegun()) {
        unflushed += bytes.readableBytes();
        lastWrite = call.write(bytes);
        if (unflushed > UNFLUSHED) {
          paused(); // a fast service makes none
        }
      } else {
        hold(bytes);
        if (!holdsAll && held != null && held.readableBytes() > HELD) {
          begin();
        }
      }
    }

    private void hold(ByteBuf bytes) {
      ByteBuf before = held;
      if (before == null) {
        held = bytes;
      } else if (before instanceof CompositeByteBuf several) {
        several.addComponent(true, bytes);
      } else {
        held = bytes.alloc().compositeBuffer().addComponents(true, before, bytes);
      }
    }

    private void begin() {
      HttpResponse answer = Objects.requireNonNull(head);
      Heads.toClient(answer.headers(), call.answerHeaders());
      call.begin(answer.status().code());
      ByteBuf first = held;
      held = null;
      if (first != null) {
        lastWrite = call.write(first);
      }
    }

    @Override
    public void paused() {
      if (line == null || head == null) {
        return;
      }
      if (!call.isBegun() && held != null && !holdsAll) {
        begin();
      }
      if (!call.isBegun() || lastWrite == null) {
        return;
      }
      call.flush();
      unflushed = 0;
      ChannelFuture write = lastWrite;
      lastWrite = null;
      if (!waiting && !call.channel().isWritable()) {
        // the client is slower than the service, which has done its part
        route.leave();
        Line paused = line();
        if (!paused.isAside()) {
          if (!route.share(route.service.aside)) {
            run();
            call.breakOff();
            return;
          }
          paused.stepAside();
        }
        waiting = true;
        paused.channel().config().setAutoRead(false);
        paused.unlimited();
        if (call.whenRead(write, () -> goOn(paused))) {
          goOn(paused);
        }
      }
    }

    private void goOn(Line paused) {
      waiting = false;
      if (line == paused) {
        paused.within(properties.headTimeout());
        paused.channel().config().setAutoRead(true);
      }
    }

    @Override
    public void ended() {
      line = null;
      route.body.stop();
      if (call.isBegun()) {
        call.end();
        return;
      }
      HttpResponse answer = Objects.requireNonNull(head);
      Heads.toClient(answer.headers(), call.answerHeaders());
      ByteBuf whole = held == null ? Unpooled.EMPTY_BUFFER : held;
      held = null;
      call.answer(answer.status().code(), whole);
    }

    @Override
    public void writabilityChanged() {
      route.body.goOn();
    }

    private void drop() {
      if (held != null) {
        held.release();
        held = null;
      }
    }

    // streams

    private void stream(HttpResponse answer) {
      Line service = line();
      line = null;
      route.leave();
      boolean requestRead = route.body.complete();
      route.body.forget();
      Heads.toClient(answer.headers(), call.answerHeaders());
      call.answerHeaders().set("X-Accel-Buffering", "no");
      boolean counted = call.isLive();
      String routeClass = call.routeClass();
      Verified caller = call.caller();
      StreamRelay relay =
          StreamRelay.begin(answer, service, call, requestRead, open, terms(caller, routeClass));
      if (!counted && caller != null) {
        // nobody could know that it would be one
        limits
            .open(caller.bearer(), routeClass)
            .thenAccept(place -> call.execute(() -> placed(relay, place)));
      }
    }

    private void placed(StreamRelay relay, Place place) {
      call.whenOver(place::close);
      if (place.ruling() instanceof Ruling.Refused refused) {
        relay.end(
            StreamEnd.reconnect(
                refused.problem().status() == 429 ? "rate_limited" : "unavailable"));
      }
    }

    private StreamRelay.Terms terms(@Nullable Verified caller, String routeClass) {
      MeteredStream metered =
          meter.stream(
              caller == null ? null : caller.tenant(),
              call.service().name(),
              routeClass,
              call.isAdmitted());
      metered.received(call.bytesIn());
      call.metered();
      if (caller == null) {
        return new StreamRelay.Terms(properties.streamSilence(), null, "", null, null, metered);
      }
      Instant now = clock.instant();
      // services end a stream at the token's end themselves; a ticket's end only the gateway knows
      Instant tokenEnd = caller.authExpires().plusSeconds(1);
      boolean ticketFirst = caller.ticket() != null && caller.expires().isBefore(tokenEnd);
      return new StreamRelay.Terms(
          properties.streamSilence(),
          Duration.between(now, ticketFirst ? caller.expires() : tokenEnd),
          ticketFirst ? TICKET_ENDED : TOKEN_EXPIRED,
          caller.ticket() == null ? null : caller.id(),
          caller.bearer(),
          metered);
    }
  }
}
