package io.plimsoll.gateway.call;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.plimsoll.gateway.answer.StreamEnd;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.request.RequestIds;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.service.Credentials;
import io.plimsoll.gateway.service.Service;
import io.plimsoll.gateway.worker.Workers;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/// One request of a client, and its answer.
///
/// The answer is written once: whole, by [#answer], or in parts, by [#begin], [#write] and [#end].
/// The call is over when the answer was written, or when the client left; it is told then, once, to
/// whoever records it. Confined to the event loop of the client's connection.
public final class Call implements Publisher<Void>, Subscription {

  /// As nginx logs a client that left before an answer.
  private static final int LEFT = 499;

  /// A write over HTTP/2 is unread up to its last byte.
  private static final int PART = 8 << 10;

  private final Channel channel;
  private final EventLoop loop;
  private final HttpMethod method;
  private final String id;
  private final boolean wantsEvents;
  private final Consumer<Call> ready;
  private final Consumer<Call> over;
  private final Duration bodyTimeout;
  private final Room room;
  private final long start = System.nanoTime();

  /// What belongs to the server; dropped when a stream outlives its head.
  private @Nullable HttpServerRequest request;

  private @Nullable HttpServerResponse response;
  private @Nullable Subscriber<? super Void> server;

  /// The client's, of a stream that has outlived its head.
  private @Nullable String address;

  private Room.@Nullable Waiting waiting;

  private @Nullable RequestTarget target;
  private @Nullable Service service;
  private @Nullable Verified caller;
  private @Nullable AsciiString authorization;
  private @Nullable String undecidedOrigin;
  private @Nullable String policy;
  private @Nullable String limit;
  private @Nullable Runnable onLeave;
  private @Nullable Runnable onOver;
  private boolean undecided;
  private boolean unrecorded;
  private boolean secret;
  private boolean closing;
  private boolean stream;
  private boolean begun;
  private boolean isOver;
  private boolean left;
  private boolean metered;
  private int status;
  private int meant;
  private long held;
  private long bytesIn;
  private long bytesOut;

  /// A call that begins when it is subscribed to, as Reactor Netty does.
  ///
  /// @param ready takes it through the pipeline
  /// @param over records it
  /// @param bodyTimeout between two parts of the request's body
  /// @param room where it takes memory, and which looks after it when it is answered
  public Call(
      HttpServerRequest request,
      HttpServerResponse response,
      Consumer<Call> ready,
      Consumer<Call> over,
      Duration bodyTimeout,
      Room room) {
    this.request = request;
    this.response = response;
    this.ready = ready;
    this.over = over;
    this.bodyTimeout = bodyTimeout;
    this.room = room;
    Channel[] found = new Channel[1];
    request.withConnection(connection -> found[0] = connection.channel());
    this.channel = found[0];
    this.loop = channel.eventLoop();
    this.method = request.method();
    HttpHeaders headers = request.requestHeaders();
    this.id = RequestIds.of(headers.get(RequestIds.HEADER));
    this.wantsEvents = HttpMethod.GET.equals(method) && StreamEnd.wanted(headers);
    response.responseHeaders().set(RequestIds.HEADER, id);
  }

  // the request

  public HttpMethod method() {
    return method;
  }

  /// What the client sent.
  public HttpHeaders headers() {
    return request().requestHeaders();
  }

  /// The parts of the request's body, for one subscriber; a [java.util.concurrent.TimeoutException]
  /// after too long a pause. A connection with HTTP/1.1 is watched as a whole, and all of it closed
  /// then.
  public Flux<Object> body() {
    Flux<?> parts = request().receiveObject();
    return Flux.from(
        ownsConnection()
            ? parts
            : parts.timeout(bodyTimeout, Schedulers.fromExecutorService(loop)));
  }

  /// The request itself.
  public HttpServerRequest request() {
    return Objects.requireNonNull(request);
  }

  /// Its id, which the answer carries too.
  public String id() {
    return id;
  }

  /// The origin of the page that asks; null where no page does.
  public @Nullable String origin() {
    return headers().get(HttpHeaderNames.ORIGIN);
  }

  /// Whether the client may be an `EventSource`, which sends GET alone: to any other method 200
  /// would say that something was done.
  public boolean wantsEvents() {
    return wantsEvents;
  }

  /// The client's address, as bounds know it.
  public String address(ClientAddress addresses) {
    InetSocketAddress socket = request().remoteAddress();
    return addresses.of(socket == null ? null : socket.getAddress(), headers());
  }

  /// Takes so much memory until the call is over.
  ///
  /// @return false where the client has as much as it may have
  public boolean hold(long bytes) {
    boolean taken = !isOver && (bytes == 0 || room.take(room.address(this), bytes));
    held += taken ? bytes : 0;
    return taken;
  }

  /// Gives back what it holds: it is a stream, which policies bound.
  public void release() {
    if (held > 0) {
      room.give(room.address(this), held);
      held = 0;
    }
  }

  /// Whether the client speaks HTTP/1.0 or 1.1, so that its connection can be left to a stream.
  public boolean ownsConnection() {
    return channel.parent() instanceof io.netty.channel.ServerChannel;
  }

  /// Whether the client knows the chunked coding.
  public boolean knowsChunks() {
    return !HttpVersion.HTTP_1_0.equals(request().version());
  }

  public Channel channel() {
    return channel;
  }

  public EventLoop loop() {
    return loop;
  }

  /// When it came, by [System#nanoTime].
  public long start() {
    return start;
  }

  // what the steps find out

  /// What is asked for; only after the step that reads it.
  public RequestTarget target() {
    return Objects.requireNonNull(target);
  }

  /// Its path; null when the target was refused, for then it may hold anything.
  public @Nullable String path() {
    return target == null ? null : target.path();
  }

  public void target(RequestTarget read) {
    target = read;
  }

  /// Whose path it is; only after the step that finds it.
  public Service service() {
    return Objects.requireNonNull(service);
  }

  /// Its name; null when there is none.
  public @Nullable String serviceName() {
    return service == null ? null : service.name();
  }

  public void service(Service found) {
    service = found;
  }

  /// What the path asks its caller to show.
  public Credentials credentials() {
    return service().credentials(target().path());
  }

  /// Who calls; null on a path that asks for no token, and before it is known.
  public @Nullable Verified caller() {
    return caller;
  }

  public void caller(Verified verified) {
    caller = verified;
  }

  /// `Authorization`, by which the service will know the caller: an internal token; null where the
  /// path asks for none.
  public @Nullable AsciiString authorization() {
    return authorization;
  }

  public void authorization(AsciiString internal) {
    authorization = internal;
  }

  /// The origin of a page that only a tenant can allow; null for all others, and for no page.
  public @Nullable String undecidedOrigin() {
    return undecidedOrigin;
  }

  public void undecidedOrigin(String origin) {
    undecidedOrigin = origin;
  }

  /// By which limits and usage know the path.
  public String routeClass() {
    return service().routeClass(target().path());
  }

  /// Whether an event stream is asked for.
  public boolean asksForStream() {
    return wantsEvents || (HttpMethod.GET.equals(method) && "sse".equals(target().live()));
  }

  /// Whether it may wait as long as the service likes: for an event stream, or as a long poll.
  public boolean isLive() {
    return asksForStream()
        || (HttpMethod.GET.equals(method) && "long-poll".equals(target().live()));
  }

  /// Limits took a unit for it, and this is to be told with an answer of 2xx.
  public void admitted(String policyItem, String limitItem) {
    policy = policyItem;
    limit = limitItem;
  }

  /// Whether limits took a unit for it.
  public boolean isAdmitted() {
    return policy != null;
  }

  /// Limits have yet to say whether they take a unit for it: it is not recorded before.
  public void undecided() {
    undecided = true;
  }

  /// They have.
  public void decided() {
    undecided = false;
    if (unrecorded) {
      unrecorded = false;
      over.accept(this);
    }
  }

  /// There is a secret in the URL: the answer must be kept by nobody, whatever it says.
  public void keepSecret() {
    secret = true;
  }

  // the answer

  /// What will be sent with the answer, until it is.
  public HttpHeaders answerHeaders() {
    return response().responseHeaders();
  }

  private HttpServerResponse response() {
    return Objects.requireNonNull(response);
  }

  /// The connection, of HTTP/2 the stream, is not to be used again after this answer.
  public void closeAfterwards() {
    closing = true;
    response().keepAlive(false);
  }

  /// Answers at once and as a whole: head and body leave in one write.
  public void answer(int code, ByteBuf body) {
    if (isOver || begun) {
      body.release();
      return;
    }
    if (!ownsConnection() && body.readableBytes() > PART) {
      begin(code);
      var _ = write(body);
      end();
      return;
    }
    commit(code);
    if (!HttpMethod.HEAD.equals(method)) {
      bytesOut += body.readableBytes();
    }
    isOver = true;
    ByteBuf whole = body;
    if (!ownsConnection() && body.isReadable()) {
      whole = copy(body, body.readableBytes());
      body.release();
    }
    var _ = response().sendObject(whole).then().subscribe(_ -> {}, _ -> {}, this::answered);
    finish();
  }

  private void answered() {
    if (closing) {
      Room.leave(channel);
    }
  }

  /// Sends the head of an answer whose body follows in parts.
  public void begin(int code) {
    if (isOver || begun) {
      return;
    }
    commit(code);
    begun = true;
    if (!answerHeaders().contains(HttpHeaderNames.CONTENT_LENGTH) && !knowsChunks()) {
      response().chunkedTransfer(false);
      response().keepAlive(false);
    }
    var _ = response().then().subscribe(_ -> {}, _ -> {});
  }

  /// Adds to the body; it leaves with the next [#flush].
  public @Nullable ChannelFuture write(ByteBuf part) {
    if (isOver) {
      part.release();
      return null;
    }
    bytesOut += part.readableBytes();
    if (ownsConnection()) {
      return channel.write(part);
    }
    while (part.readableBytes() > PART) {
      var _ = channel.write(copy(part, PART));
    }
    ByteBuf last = copy(part, part.readableBytes());
    part.release();
    return channel.write(last);
  }

  /// A slice would keep all of it until it is read.
  private ByteBuf copy(ByteBuf part, int length) {
    return channel.alloc().buffer(length).writeBytes(part, length);
  }

  public void flush() {
    channel.flush();
  }

  /// Waits for the client to read what was flushed. It is given up on where there is no room for so
  /// much, or when it reads too little of it for too long: the call is over then as if it had left.
  ///
  /// @param last write of it; null where nobody asked what became of one
  /// @param then runs when all of it was read, but not before this returns
  /// @return whether it was already
  public boolean whenRead(@Nullable ChannelFuture last, Runnable then) {
    if (last == null ? Unread.bytes(channel) == 0 : last.isDone()) {
      return true;
    }
    ChannelFuture read =
        last != null
            ? last
            : channel.pipeline().firstContext().writeAndFlush(Unpooled.EMPTY_BUFFER);
    if (read.isDone()) {
      return true;
    }
    if (waiting != null) {
      waiting.over();
    }
    String from = address != null ? address : room.address(this);
    waiting = room.await(channel, from, read, this::giveUp);
    if (waiting != null) {
      read.addListener(_ -> then.run());
    } else {
      giveUp();
    }
    return false;
  }

  /// Closes the connection, or the stream of HTTP/2, whatever waits to be read there.
  public void giveUp() {
    if (request == null) {
      Room.close(channel); // which the stream will notice
    } else {
      Room.cut(channel);
      if (!isOver) {
        cancel();
      }
    }
  }

  /// Ends an answer that was begun.
  public void end() {
    if (!isOver) {
      isOver = true;
      if (server != null) {
        server.onComplete();
      }
      finish();
    }
  }

  /// Breaks the answer off: what was sent is not all, and the client must see so.
  public void breakOff() {
    if (!isOver) {
      isOver = true;
      Room.cut(channel);
      finish();
    }
  }

  /// Last, over whatever a service has said. What users wrote is in many answers, so no browser may
  /// guess a type for one, or let a page of another origin embed it: such a page has to ask by
  /// `fetch` or `EventSource`, which its origin is allowed or not.
  public void commit(int code) {
    status = code;
    HttpHeaders headers = answerHeaders();
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    if (secret) {
      headers.set("Referrer-Policy", "no-referrer");
      headers.set("Cache-Control", "no-store");
    }
    if (policy != null && limit != null && code >= 200 && code < 300) {
      headers.set("RateLimit-Policy", policy);
      headers.set("RateLimit", limit);
    }
    stream = StreamEnd.isType(headers.get(HttpHeaderNames.CONTENT_TYPE));
    response().status(HttpResponseStatus.valueOf(code));
  }

  /// Lets go of all that belongs to the server, whose connection now carries nothing but a stream.
  public void detach() {
    begun = true;
    release();
    address = room.address(this);
    request = null;
    response = null;
    server = null;
    target = new RequestTarget(target().path(), null, null, null);
    authorization = null;
    onLeave = null;
  }

  /// A detached stream has ended.
  ///
  /// @param bytes of its body
  /// @param clientLeft before anybody ended it
  public void ended(long bytes, boolean clientLeft) {
    if (!isOver) {
      isOver = true;
      bytesOut += bytes;
      left = clientLeft;
      finish();
    }
  }

  private void finish() {
    onLeave = null;
    Runnable action = onOver;
    onOver = null;
    try {
      if (action != null) {
        action.run();
      }
      if (undecided) {
        unrecorded = true;
      } else {
        over.accept(this);
      }
    } finally {
      if (request != null) {
        if (waiting != null) {
          waiting.over();
        }
        room.seeOff(this, held);
        held = 0;
      }
    }
  }

  // what is recorded

  /// Whether it is answered, or the client has left.
  public boolean isOver() {
    return isOver;
  }

  /// Whether a head was sent.
  public boolean isBegun() {
    return begun;
  }

  /// Whether the client left before the end.
  public boolean left() {
    return left;
  }

  /// Of the answer; 499 when the client left before it.
  public int status() {
    return status;
  }

  /// What the answer means where its status can't say so: clients of event streams get 200.
  public void means(int code) {
    meant = code;
  }

  /// What the answer means.
  public int meaning() {
    return meant == 0 ? status : meant;
  }

  /// Usage has it already, as a stream.
  public void metered() {
    metered = true;
  }

  public boolean isMetered() {
    return metered;
  }

  /// Whether the answer is an event stream.
  public boolean isStream() {
    return stream;
  }

  /// A part of the request's body was read.
  public void read(int bytes) {
    bytesIn += bytes;
  }

  /// Of the request's body.
  public long bytesIn() {
    return bytesIn;
  }

  /// Of the answer's body.
  public long bytesOut() {
    return bytesOut;
  }

  // its life

  /// Has this run when the call is over, however that comes about; at once if it is.
  public void whenOver(Runnable action) {
    if (isOver) {
      action.run();
    } else {
      Runnable before = onOver;
      onOver =
          before == null
              ? action
              : () -> {
                before.run();
                action.run();
              };
    }
  }

  /// Has this run if the client leaves before the call is over.
  public void whenClientLeaves(Runnable action) {
    onLeave = action;
  }

  /// Runs something where the call belongs.
  public void execute(Runnable action) {
    if (loop.inEventLoop()) {
      action.run();
    } else {
      Workers.handOver(loop, action);
    }
  }

  @Override
  public void subscribe(Subscriber<? super Void> subscriber) {
    server = subscriber;
    subscriber.onSubscribe(this);
    if (isOver) {
      return;
    }
    if (hold(Room.ofHead(this))) {
      ready.accept(this);
    } else {
      isOver = true;
      status = 503;
      Room.refuse(channel);
      finish();
    }
  }

  @Override
  public void request(long n) {}

  /// The client has left.
  @Override
  public void cancel() {
    execute(
        () -> {
          // a stream looks after its own connection
          if (isOver || request == null) {
            return;
          }
          isOver = true;
          left = true;
          if (status == 0) {
            status = LEFT;
          }
          Runnable action = onLeave;
          finish();
          if (action != null) {
            action.run();
          }
        });
  }
}
