package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.concurrent.Future;
import io.plimsoll.gateway.answer.StreamEnd;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.meter.MeteredStream;
import io.plimsoll.gateway.revocation.Bearer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One open stream between a service and a client: bytes as they come, as fast as the client takes
/// them, until somebody ends it. It is the only handler left on the service's connection.
///
/// Whoever ends it on purpose does so at a frame boundary: if the stream is not at one, the bytes
/// up to the next pass first. If the service comes to none soon, not counting the client's pauses,
/// or not within so many bytes, the connection is closed instead; an event inside another event
/// would be read as part of it, and an `EventSource` comes back from a broken connection just as
/// well. A stream whose service broke off is closed in the same way.
///
/// Both connections are on one event loop, and so is everything here.
final class StreamRelay extends ChannelInboundHandlerAdapter {

  /// How long the service has for a frame boundary, in all.
  private static final Duration GRACE = Duration.ofMillis(100);

  /// Bytes that may pass until then.
  private static final int REST = 1 << 20;

  /// Bytes that are read before a look at whether the client takes them.
  private static final int UNFLUSHED = 64 << 10;

  /// How long what waits for a client whose token is revoked is kept.
  private static final Duration REVOKED = Duration.ofMillis(500);

  private static final long NEVER = Long.MAX_VALUE;

  /// What may end a stream besides its two parties.
  ///
  /// @param silence longest time without a byte
  /// @param end when the credential that opened it ends; null for never
  /// @param endFrame what is said then
  /// @param single the ticket that may open one stream at a time; null for a token
  /// @param bearer whose it is, to be ended when he is revoked; null on a public path
  /// @param metered counts what passes
  record Terms(
      Duration silence,
      @Nullable Duration end,
      String endFrame,
      Verified.@Nullable Id single,
      @Nullable Bearer bearer,
      MeteredStream metered) {}

  private final Channel service;
  private final StreamOut client;
  private final OpenStreams open;
  private final Terms terms;
  private final BodyDecoder decoder;
  private final FrameTracker frames = new FrameTracker();
  private final long endAt;

  private @Nullable String ending;
  private long grace = GRACE.toNanos();
  private long awaited;
  private int rest = REST;
  private @Nullable Future<?> timer;
  private boolean done;
  private int unflushed;
  private boolean waiting;
  private long lastBytes = System.nanoTime();

  private StreamRelay(
      Channel service, StreamOut client, BodyDecoder decoder, OpenStreams open, Terms terms) {
    this.service = service;
    this.client = client;
    this.decoder = decoder;
    this.open = open;
    this.terms = terms;
    this.endAt = terms.end() == null ? NEVER : lastBytes + terms.end().toNanos();
  }

  /// Takes both connections over: sends the head of the answer, then what follows.
  ///
  /// @param answer whose headers that pass are set on the call already
  /// @param requestRead whether the client has sent all that it had to
  static StreamRelay begin(
      HttpResponse answer,
      Line line,
      Call call,
      boolean requestRead,
      OpenStreams open,
      Terms terms) {
    Channel service = line.leave();
    StreamOut client =
        call.ownsConnection() && requestRead ? new ChannelOut(call) : new CallOut(call);
    StreamRelay relay = new StreamRelay(service, client, BodyDecoder.of(answer), open, terms);
    client.begin(answer.status().code(), relay);
    service.config().setAutoRead(true);
    open.add(relay);
    relay.check();
    // last, for the codec hands on what it has read already
    Pipelines.leaveTo(service.pipeline(), relay);
    return relay;
  }

  Terms terms() {
    return terms;
  }

  private EventLoop loop() {
    return service.eventLoop();
  }

  // the service's connection

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      if (done) {
        return;
      }
      lastBytes = System.nanoTime();
      ByteBuf bytes = client.buffer(in.readableBytes());
      if (!decoder.decode(in, bytes)) {
        bytes.release();
        breakOff();
        return;
      }
      pass(bytes);
      if (unflushed >= UNFLUSHED) {
        flush();
      }
      if (decoder.ended() && !done) {
        close(false);
        client.end();
      }
    } finally {
      in.release();
    }
  }

  private void pass(ByteBuf bytes) {
    if (!bytes.isReadable()) {
      bytes.release();
      return;
    }
    String end = ending;
    if (end == null) {
      frames.advance(bytes);
      write(bytes);
      return;
    }
    int boundary = frames.advanceToBoundary(bytes);
    if (boundary >= 0) {
      bytes.writerIndex(boundary);
    }
    rest -= bytes.readableBytes();
    write(bytes);
    if (boundary >= 0) {
      finish(end);
    } else if (rest < 0) {
      breakOff();
    }
  }

  private void write(ByteBuf bytes) {
    terms.metered().sent(bytes.readableBytes());
    unflushed += bytes.readableBytes();
    client.write(bytes);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (unflushed > 0) {
      flush();
    }
  }

  /// The service is read on when the client has taken all, so that what waits for it is never more
  /// than what was read at once.
  private void flush() {
    if (done) {
      return;
    }
    unflushed = 0;
    client.flush();
    if (!waiting && !client.takesAll()) {
      waiting = true;
      service.config().setAutoRead(false);
      if (ending != null && timer != null) {
        timer.cancel(false); // the client's time is not the service's
        grace -= System.nanoTime() - awaited;
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (!done && decoder.endsByClosing()) {
      close(false);
      client.end();
    } else {
      breakOff();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    breakOff();
  }

  // the client's

  /// It has taken all.
  void clientIsReady() {
    waiting = false;
    if (!done) {
      lastBytes = System.nanoTime(); // it was the client that didn't listen
      service.config().setAutoRead(true);
      if (ending != null) {
        awaitBoundary();
      }
    }
  }

  /// The client left: the service learns it at once.
  void clientLeft() {
    close(true);
  }

  // ends

  /// Ends the stream with `frame`, soon; from any thread.
  void end(String frame) {
    if (loop().inEventLoop()) {
      beginEnd(frame);
    } else {
      loop().execute(() -> beginEnd(frame));
    }
  }

  /// Ends a stream that is no longer allowed: what waits for its client does not wait for long.
  void revoke() {
    end(StreamEnd.stop("token_revoked"));
    var _ = loop().schedule(client::giveUp, REVOKED.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void beginEnd(String frame) {
    if (done || ending != null) {
      return;
    }
    ending = frame;
    if (frames.atBoundary()) {
      finish(frame);
    } else if (!waiting) {
      awaitBoundary();
    }
  }

  private void awaitBoundary() {
    awaited = System.nanoTime();
    after(grace, this::breakOff);
  }

  private void finish(String frame) {
    if (close(false)) {
      byte[] bytes = frame.getBytes(StandardCharsets.UTF_8);
      terms.metered().sent(bytes.length);
      client.write(client.buffer(bytes.length).writeBytes(bytes));
      client.end();
    }
  }

  /// Without an end of the body: the client would believe a half frame.
  private void breakOff() {
    if (close(false)) {
      client.cut();
    }
  }

  /// Looks at the clock, and again when there may be something to see.
  private void check() {
    if (done || ending != null) {
      return;
    }
    long now = System.nanoTime();
    if (endAt != NEVER && now - endAt >= 0) {
      beginEnd(terms.endFrame());
      return;
    }
    if (waiting) {
      lastBytes = now; // it is the client that doesn't listen
    }
    long silent = terms.silence().toNanos() - (now - lastBytes);
    if (silent <= 0) {
      beginEnd(StreamEnd.reconnect("unavailable"));
      return;
    }
    after(endAt == NEVER ? silent : Math.min(silent, endAt - now), this::check);
  }

  private void after(long nanos, Runnable action) {
    if (timer != null) {
      timer.cancel(false);
    }
    timer = loop().schedule(action, nanos, TimeUnit.NANOSECONDS);
  }

  /// Whether this call closed it.
  private boolean close(boolean clientLeft) {
    if (done) {
      return false;
    }
    done = true;
    if (timer != null) {
      timer.cancel(false);
    }
    open.remove(this);
    terms.metered().close();
    var _ = service.close();
    if (clientLeft) {
      client.left();
    }
    return true;
  }
}
