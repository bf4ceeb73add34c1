package io.plimsoll.gateway.upstream;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.StreamEnd;
import io.plimsoll.gateway.call.Room;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.revocation.Bearer;
import io.plimsoll.gateway.revocation.Revocations;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerState;

/// The streams open on this gateway, the long polls that wait, and the clients' connections. It
/// ends streams and long polls whose token is revoked.
///
/// At shutdown the server stops accepting at once. Over an interval streams and long polls are
/// ended, each at a moment of its own, lest all clients come back to the next gateway at once;
/// requests on connections that are open are answered meanwhile, with `Connection: close`, over
/// HTTP/2 with GOAWAY. At its end connections without a request are closed, and the others after
/// their answer; clients that do not read theirs are not waited for much longer.
final class OpenStreams implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(OpenStreams.class);

  /// To a client and back, at most.
  private static final Duration ROUND_TRIP = Duration.ofSeconds(1);

  private static final Problem SHUTTING_DOWN =
      Problem.unavailable("unavailable", "The gateway shuts down; repeat the request.");

  private final Set<StreamRelay> open = ConcurrentHashMap.newKeySet();
  private final Map<Verified.Id, StreamRelay> byTicket = new ConcurrentHashMap<>();

  private final Set<Poll> polls = ConcurrentHashMap.newKeySet();

  /// A long poll that waits.
  ///
  /// @param bearer whose it is; null on a path that asks for no token
  /// @param end ends it with what it is to be told, from any thread
  record Poll(@Nullable Bearer bearer, Consumer<Problem> end) {}

  /// Of clients, HTTP/1.1 and HTTP/2.
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

  private final Duration interval;
  private final Revocations revocations;
  private final Room room;
  private volatile @Nullable Channel server;
  private volatile boolean running;
  private volatile boolean draining;

  OpenStreams(Duration interval, Revocations revocations, Room room, MeterRegistry metrics) {
    this.interval = interval;
    this.revocations = revocations;
    this.room = room;
    revocations.whenChanged(
        (_, _) -> {
          open.forEach(this::endIfRevoked);
          polls.forEach(this::endIfRevoked);
        });
    Gauge.builder("plimsoll.gateway.streams", open, Set::size)
        .description("Streams that are open now")
        .register(metrics);
  }

  /// Learns of the server's port and connections.
  HttpServer watch(HttpServer http) {
    return http.doOnBound(bound -> server = bound.channel())
        .doOnChannelInit((_, channel, _) -> connections.add(channel))
        .childObserve(
            (connection, state) -> {
              if (draining
                  && state == HttpServerState.REQUEST_RECEIVED
                  && connection instanceof HttpServerResponse response) {
                response.keepAlive(false);
              }
            });
  }

  /// Whether new streams are to be sent elsewhere.
  boolean draining() {
    return draining;
  }

  /// A ticket opens one stream at a time: a second ends the first, which is most often a connection
  /// that the browser has already given up.
  void add(StreamRelay stream) {
    open.add(stream);
    Verified.@Nullable Id ticket = stream.terms().single();
    if (ticket != null) {
      StreamRelay first = byTicket.put(ticket, stream);
      if (first != null) {
        first.end(StreamEnd.stop("replaced"));
      }
    }
    // it may have been revoked while the service was asked
    endIfRevoked(stream);
    if (draining) {
      stream.end(StreamEnd.reconnect("drain"));
    }
  }

  /// A long poll waits; it is ended when its token is revoked or the gateway shuts down.
  void addPoll(Poll poll) {
    polls.add(poll);
    endIfRevoked(poll);
    if (draining) {
      poll.end.accept(SHUTTING_DOWN);
    }
  }

  void removePoll(Poll poll) {
    polls.remove(poll);
  }

  private void endIfRevoked(StreamRelay stream) {
    if (revoked(stream.terms().bearer()) != null) {
      stream.revoke();
    }
  }

  private void endIfRevoked(Poll poll) {
    Problem revoked = revoked(poll.bearer);
    if (revoked != null) {
      poll.end.accept(revoked);
    }
  }

  private @Nullable Problem revoked(@Nullable Bearer bearer) {
    Problem refused = bearer == null ? null : revocations.refusal(bearer);
    return refused != null && refused.status() == 401 ? refused : null;
  }

  void remove(StreamRelay stream) {
    open.remove(stream);
    Verified.@Nullable Id ticket = stream.terms().single();
    if (ticket != null) {
      byTicket.remove(ticket, stream);
    }
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /// Before the server's own, in which it closes what is idle. It finds nothing left to do.
  @Override
  public int getPhase() {
    return WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE + 1;
  }

  @Override
  public void stop() {
    stop(() -> {});
  }

  @Override
  public void stop(Runnable drained) {
    draining = true;
    running = false;
    log.info("Ending {} open streams within {}", open.size(), interval);
    ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("drain").factory());
    long span = Math.max(1, interval.toMillis());
    open.forEach(stream -> sometime(clock, span, () -> stream.end(StreamEnd.reconnect("drain"))));
    polls.forEach(poll -> sometime(clock, span, () -> poll.end.accept(SHUTTING_DOWN)));
    each(channel -> sayGoodbye(channel, Math.min(span / 2, ROUND_TRIP.toMillis())));
    Channel listening = server;
    if (listening == null) {
      drained.run();
    } else {
      // its connections stay
      listening
          .close()
          .addListener(_ -> connections.newCloseFuture().addListener(_ -> drained.run()));
    }
    var _ =
        clock.schedule(
            () -> {
              room.hurry();
              each(OpenStreams::closeWhenAnswered);
              clock.shutdown();
            },
            span,
            TimeUnit.MILLISECONDS);
  }

  private void each(Consumer<Channel> action) {
    connections.forEach(channel -> channel.eventLoop().execute(() -> action.accept(channel)));
  }

  /// Over HTTP/2 as in [RFC 9113](https://www.rfc-editor.org/rfc/rfc9113), section 6.8: at first no
  /// stream is excluded, for the client may have opened some before it reads this.
  private static void sayGoodbye(Channel channel, long roundTrip) {
    if (isHttp2(channel)) {
      goAway(channel, Integer.MAX_VALUE);
      var _ = channel.eventLoop().schedule(() -> close(channel), roundTrip, TimeUnit.MILLISECONDS);
    } else if (ChannelOperations.get(channel) instanceof HttpServerResponse response
        && !response.hasSentHeaders()) {
      response.keepAlive(false);
    }
  }

  private static void goAway(Channel channel, int streamsMore) {
    var _ =
        channel.writeAndFlush(
            new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(streamsMore));
  }

  private static void closeWhenAnswered(Channel channel) {
    ChannelOperations<?, ?> underWay = ChannelOperations.get(channel);
    Mono<Void> answered = underWay == null ? Mono.empty() : underWay.onTerminate();
    var _ = answered.subscribe(_ -> {}, _ -> close(channel), () -> close(channel));
  }

  private static void close(Channel channel) {
    if (!isHttp2(channel)) {
      var _ = channel.close();
    } else if (channel.pipeline().get(LastPing.class) == null) {
      goAway(channel, 0);
      channel.pipeline().addLast(new LastPing());
    }
  }

  /// Closes a connection with HTTP/2 once the client has read the end of its last stream, as the
  /// answer to a PING tells. Netty's own close comes as soon as that end is handed on to TLS, and
  /// cuts off what is still on its way.
  private static final class LastPing extends SimpleChannelInboundHandler<Http2PingFrame> {

    /// For a client that is slow, or has gone.
    private static final int ANSWER_SECONDS = 10;

    private boolean sent;

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      Http2Connection connection = context.pipeline().get(Http2FrameCodec.class).connection();
      connection.addListener(
          new Http2ConnectionAdapter() {
            @Override
            public void onStreamRemoved(Http2Stream stream) {
              context.executor().execute(() -> send(context, connection));
            }
          });
      send(context, connection);
    }

    private void send(ChannelHandlerContext context, Http2Connection connection) {
      if (!sent && connection.numActiveStreams() == 0) {
        sent = true;
        var _ = context.channel().writeAndFlush(new DefaultHttp2PingFrame(0));
        var _ =
            context
                .executor()
                .schedule(
                    () -> {
                      var _ = context.channel().close();
                    },
                    ANSWER_SECONDS,
                    TimeUnit.SECONDS);
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, Http2PingFrame frame) {
      if (sent && frame.ack()) {
        var _ = context.channel().close();
      }
    }
  }

  private static boolean isHttp2(Channel channel) {
    return channel.pipeline().get(Http2FrameCodec.class) != null;
  }

  private static void sometime(ScheduledExecutorService clock, long span, Runnable end) {
    long at = ThreadLocalRandom.current().nextLong(span);
    var _ = clock.schedule(end, at, TimeUnit.MILLISECONDS);
  }
}
