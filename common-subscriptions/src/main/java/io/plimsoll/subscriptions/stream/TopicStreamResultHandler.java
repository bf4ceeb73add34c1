package io.plimsoll.subscriptions.stream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.feed.Frame;
import io.plimsoll.subscriptions.stream.Entrance.Entered;
import io.plimsoll.subscriptions.stream.Snapshots.Snapshot;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import io.plimsoll.subscriptions.stream.StreamRequest.From;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.reactive.HandlerResult;
import org.springframework.web.reactive.HandlerResultHandler;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.Connection;
import reactor.netty.http.server.HttpServerRequest;
import tools.jackson.databind.json.JsonMapper;

/// Answers a request for a topic's URL, for controllers that return a [TopicStream].
public final class TopicStreamResultHandler implements HandlerResultHandler, Ordered {

  private static final Logger log = LoggerFactory.getLogger(TopicStreamResultHandler.class);

  private static final String NEXT_OFFSET = "Stream-Next-Offset";
  private static final String UP_TO_DATE = "Stream-Up-To-Date";
  private static final String CURSOR = "Stream-Cursor";
  private static final byte[] NO_EVENTS = Wire.ascii("[]");

  /// Where Reactor Netty keeps the request's objects; they would live as long as the stream.
  private static final AttributeKey<Connection> CONNECTION = AttributeKey.valueOf("$CONNECTION");

  private final Entrance entrance;
  private final OpenStreams streams;
  private final StreamSettings settings;
  private final Scheduler blocking;
  private final JsonMapper json;

  /// @param blocking runs on virtual threads
  public TopicStreamResultHandler(
      Entrance entrance,
      OpenStreams streams,
      StreamSettings settings,
      Scheduler blocking,
      JsonMapper json) {
    this.entrance = entrance;
    this.streams = streams;
    this.settings = settings;
    this.blocking = blocking;
    this.json = json;
  }

  /// Before the handlers that would take any object for a body or a view.
  @Override
  public int getOrder() {
    return 0;
  }

  @Override
  public boolean supports(HandlerResult result) {
    return TopicStream.class.equals(result.getReturnType().resolve());
  }

  @Override
  public Mono<Void> handleResult(ServerWebExchange exchange, HandlerResult result) {
    if (!(result.getReturnValue() instanceof TopicStream stream)) {
      throw new IllegalStateException("the controller returned null (expected: a TopicStream)");
    }
    Place place = new Place(streams, stream);
    return Mono.fromCallable(() -> answer(exchange, stream, place))
        .subscribeOn(blocking)
        .flatMap(done -> done)
        .doFinally(_ -> place.requestEnded());
  }

  private Mono<Void> answer(ServerWebExchange exchange, TopicStream stream, Place place) {
    try {
      StreamRequest request = StreamRequest.of(exchange.getRequest());
      return switch (request.mode()) {
        case HEAD -> head(exchange, stream);
        case PAGE ->
            request.from() instanceof From.Snapshot
                ? snapshot(exchange, stream)
                : page(exchange, stream, request);
        case LONG_POLL -> longPoll(exchange, stream, request);
        case EVENTS -> events(exchange, stream, request, place);
      };
    } catch (StreamProblem problem) {
      return refuse(exchange, problem);
    }
  }

  private Mono<Void> head(ServerWebExchange exchange, TopicStream stream) {
    Entered entered = entrance.enter(stream, new From.Now(), false);
    var _ = stream.enter();
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.setContentType(MediaType.APPLICATION_JSON);
    headers.set(NEXT_OFFSET, entered.at().toString());
    headers.setCacheControl("no-store");
    return exchange.getResponse().setComplete();
  }

  private Mono<Void> snapshot(ServerWebExchange exchange, TopicStream stream) {
    Snapshot snapshot = entrance.snapshot(stream);
    var _ = stream.enter();
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.set(NEXT_OFFSET, snapshot.position().toString());
    headers.setCacheControl("private, no-store");
    byte[] body =
        Wire.snapshotJson(snapshot.position(), snapshot.data()).getBytes(StandardCharsets.UTF_8);
    return write(exchange, MediaType.APPLICATION_JSON, body);
  }

  private Mono<Void> page(ServerWebExchange exchange, TopicStream stream, StreamRequest request) {
    Entered entered = entrance.enter(stream, request.from(), false);
    boolean now = request.from() instanceof From.Now;
    Page page = now ? new Page(entered.at(), NO_EVENTS) : page(entered, stream);
    var _ = stream.enter();
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.set(NEXT_OFFSET, page.end.toString());
    headers.set(CURSOR, Long.toString(Wire.cursor(request.cursor(), streams.epochSecond())));
    boolean upToDate = page.end.offset() >= entered.head().offset();
    if (upToDate) {
      headers.set(UP_TO_DATE, "true");
    }
    if (now) {
      headers.setCacheControl("no-store");
      return write(exchange, MediaType.APPLICATION_JSON, page.body);
    }
    headers.setCacheControl("private, no-cache");
    // of the content, because a redaction changes a page; and of the header, which a cache would
    // otherwise go on to serve with a page that has long been followed by others
    String tag = "\"" + page.end + "-" + hash(page.body) + (upToDate ? "-head\"" : "\"");
    headers.setETag(tag);
    if (isAny(exchange.getRequest())) { // Spring leaves it out
      exchange.getResponse().setStatusCode(HttpStatus.NOT_MODIFIED);
      return exchange.getResponse().setComplete();
    }
    if (exchange.checkNotModified(tag)) {
      return exchange.getResponse().setComplete();
    }
    return write(exchange, MediaType.APPLICATION_JSON, page.body);
  }

  /// `If-None-Match: *` (RFC 9110, 13.1.2): there is a page.
  private static boolean isAny(ServerHttpRequest request) {
    return request.getHeaders().getOrEmpty(HttpHeaders.IF_NONE_MATCH).equals(List.of("*"));
  }

  private Mono<Void> longPoll(
      ServerWebExchange exchange, TopicStream stream, StreamRequest request) {
    Entered entered = entrance.enter(stream, request.from(), false);
    boolean suspect = false;
    if (entered.at().offset() >= entered.feed().head().offset() && !streams.draining()) {
      CompletableFuture<Void> past = entered.feed().past(entered.at().offset());
      try {
        suspect = streams.await(stream, past);
      } finally {
        entered.feed().forget(past);
      }
      if (past.isCompletedExceptionally() || !entered.at().equals(entered.feed().head())) {
        // the position is verified again, should the log have gone back meanwhile
        entered = entrance.goOn(stream, entered);
      }
    } else {
      var _ = stream.enter();
    }
    if (suspect && entrance.isShutOut(stream, entered.feed(), entered.at())) {
      throw new StreamProblem(Cause.NO_ACCESS, "there is no such topic");
    }
    // who is no longer authenticated learns of nothing that came meanwhile
    Page page =
        streams.millisLeft(stream) > 0 ? page(entered, stream) : new Page(entered.at(), NO_EVENTS);
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.set(NEXT_OFFSET, page.end.toString());
    headers.set(CURSOR, Long.toString(Wire.cursor(request.cursor(), streams.epochSecond())));
    headers.setCacheControl("private, no-store");
    if (page.end.offset() >= entered.head().offset()) {
      headers.set(UP_TO_DATE, "true");
    }
    if (page.end.equals(entered.at())) {
      exchange.getResponse().setStatusCode(HttpStatus.NO_CONTENT);
      return exchange.getResponse().setComplete();
    }
    return write(exchange, MediaType.APPLICATION_JSON, page.body);
  }

  /// Frames from where the subscriber entered, up to the head that was read or about a page's
  /// bytes, or to the event that ends its access.
  private Page page(Entered entered, TopicStream stream) {
    ByteArrayOutputStream body = new ByteArrayOutputStream(1_024);
    body.write('[');
    Position at = entered.at();
    boolean ended = false;
    while (!ended
        && at.offset() < entered.feed().head().offset()
        && body.size() < settings.pageBytes()) {
      List<Frame> frames =
          entrance.frames(entered.feed(), at.offset(), settings.pageBytes() - body.size());
      if (frames.isEmpty() || !frames.getFirst().follows(at)) {
        throw new StreamProblem(Cause.UNAVAILABLE, "the log moved meanwhile (expected: a retry)");
      }
      for (Frame frame : frames) {
        if (body.size() >= settings.pageBytes() || ended) {
          break;
        }
        if (body.size() > 1) {
          body.write(',');
        }
        body.writeBytes(frame.json());
        at = frame.position();
        ended = frame.ends() != null && entrance.ends(frame, stream) != null;
      }
    }
    body.write(']');
    return new Page(at, body.toByteArray());
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Page(Position end, byte[] body) {}

  private static String hash(byte[] body) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(body);
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private Mono<Void> events(
      ServerWebExchange exchange, TopicStream stream, StreamRequest request, Place place) {
    HttpServerRequest http = nativeRequest(exchange.getRequest());
    if (http == null || !"HTTP/1.1".equals(http.version().text())) {
      throw new StreamProblem(Cause.NOT_HTTP_1_1, "an event stream (expected: over HTTP/1.1)");
    }
    place.take();
    Entered entered = entrance.enter(stream, request.from(), request.acceptsEventStream());
    return open(exchange, stream.enter(), request, entered, place);
  }

  private Mono<Void> open(
      ServerWebExchange exchange,
      TopicStream stream,
      StreamRequest request,
      Entered entered,
      Place place) {
    ServerHttpResponse response = exchange.getResponse();
    eventStream(response.getHeaders());
    response.setStatusCode(HttpStatus.OK);
    Connection connection = (Connection) ServerHttpResponseDecorator.getNativeResponse(response);
    long now = streams.clock().millis();
    long maxAge = settings.maxAge().toMillis();
    Instant until = stream.until();
    return Mono.create(
        sink -> {
          Channel channel = connection.channel();
          channel
              .eventLoop()
              .execute(
                  () -> {
                    if (!channel.isActive() || !place.handOver()) {
                      sink.success();
                      return;
                    }
                    StreamChannel stays =
                        new StreamChannel(
                            streams.loop(channel.eventLoop()),
                            stream,
                            entered,
                            request.acceptsEventStream(),
                            Wire.cursor(request.cursor(), now / 1_000),
                            until == null ? Long.MAX_VALUE : until.toEpochMilli(),
                            now + maxAge - ThreadLocalRandom.current().nextLong(maxAge / 10 + 1));
                    leaveHttp(connection.markPersistent(true), stays);
                    // commits the response: its head reaches the channel that stays
                    sink.success();
                  });
        });
  }

  private static void leaveHttp(Connection connection, StreamChannel stays) {
    Channel channel = connection.channel();
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(stays);
    for (Map.Entry<String, ChannelHandler> handler : new ArrayList<>(pipeline.toMap().entrySet())) {
      if (handler.getValue() != stays && !(handler.getValue() instanceof SslHandler)) {
        pipeline.remove(handler.getValue());
      }
    }
    channel.config().setAutoRead(true); // to notice that the client leaves
  }

  static void forgetRequest(Channel channel) {
    channel.attr(CONNECTION).set(null);
  }

  private static @Nullable HttpServerRequest nativeRequest(ServerHttpRequest request) {
    Object found = ServerHttpRequestDecorator.getNativeRequest(request);
    return found instanceof HttpServerRequest http ? http : null;
  }

  private static void eventStream(HttpHeaders headers) {
    headers.setContentType(MediaType.TEXT_EVENT_STREAM);
    headers.setCacheControl("no-cache, no-transform");
    headers.set("X-Accel-Buffering", "no");
  }

  /// A problem, or an `end` event where a status would stop the client for good.
  private Mono<Void> refuse(ServerWebExchange exchange, StreamProblem problem) {
    Cause cause = problem.reason();
    if (problem.getCause() != null) {
      log.debug("{}", problem.getMessage(), problem.getCause());
    }
    ServerHttpResponse response = exchange.getResponse();
    HttpHeaders headers = response.getHeaders();
    if (StreamRequest.acceptsEventStream(exchange.getRequest())
        && cause.end != null
        && cause.worthRetrying()) {
      eventStream(headers);
      String body = "retry:" + streams.retryMillis() + "\n\n" + Wire.end(cause.end);
      return write(exchange, MediaType.TEXT_EVENT_STREAM, body.getBytes(StandardCharsets.UTF_8));
    }
    response.setStatusCode(cause.status);
    headers.setCacheControl("no-store");
    if (cause.worthRetrying()) {
      headers.set(HttpHeaders.RETRY_AFTER, "1");
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", cause.type);
    body.put("title", cause.status.getReasonPhrase());
    body.put("status", cause.status.value());
    body.put("detail", problem.getMessage());
    if (cause == Cause.LOST) {
      body.put("snapshot", exchange.getRequest().getPath().value() + "?offset=snapshot");
    }
    return write(exchange, MediaType.APPLICATION_PROBLEM_JSON, json.writeValueAsBytes(body));
  }

  private static Mono<Void> write(ServerWebExchange exchange, MediaType type, byte[] body) {
    ServerHttpResponse response = exchange.getResponse();
    response.getHeaders().setContentType(type);
    response.getHeaders().setContentLength(body.length);
    return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
  }
}
