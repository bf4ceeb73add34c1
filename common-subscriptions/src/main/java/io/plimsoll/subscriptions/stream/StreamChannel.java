package io.plimsoll.subscriptions.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.feed.Frame;
import io.plimsoll.subscriptions.feed.TopicFeed;
import io.plimsoll.subscriptions.stream.Entrance.Entered;
import io.plimsoll.subscriptions.stream.LoopPump.Batch;
import io.plimsoll.subscriptions.stream.LoopPump.Broken;
import io.plimsoll.subscriptions.stream.LoopPump.Gate;
import io.plimsoll.subscriptions.stream.LoopPump.Later;
import io.plimsoll.subscriptions.stream.LoopPump.Nothing;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An open event stream: a cursor, and the only handler left on its connection. Confined to the
/// channel's event loop.
final class StreamChannel extends ChannelDuplexHandler {

  /// Bytes after the request that a client may send before it is taken for broken.
  private static final int MAX_UNASKED = 64 << 10;

  private static final int CLOSE_MILLIS = 10_000;
  private static final int RETRY_MILLIS = 500;
  private static final int TICK_MILLIS = 1_000;

  private static final Logger log = LoggerFactory.getLogger(StreamChannel.class);

  private final StreamLoop loop;
  private final TopicStream stream;
  private final boolean resets;
  private final long streamCursor;
  private final long expires;
  private final long oldest;

  /// Indexes into the loop's and the pump's lists.
  int slot;

  int place;

  /// Spreads the heartbeats.
  final byte phase = (byte) ThreadLocalRandom.current().nextInt(128);

  private @Nullable Entered entered;
  private @Nullable ChannelHandlerContext context;
  private @Nullable LoopPump pump;
  private Position at;
  private long passed;
  private int unasked;

  /// Number of the question that a busy stream waits for; an answer to an earlier one is void.
  private int question;

  private boolean headWritten;
  private boolean begun;
  private boolean busy;
  private boolean expiring;

  /// Began without a snapshot, and is yet to catch up.
  private boolean behind;

  /// Access is to be asked for before anything more is sent.
  private boolean suspect;

  private boolean over;

  /// Ended before it began.
  private @Nullable Ending early;

  /// @param streamCursor least cursor to answer
  /// @param expires epoch millisecond at which the authentication ends
  /// @param oldest epoch millisecond at which the stream has its maximum age
  StreamChannel(
      StreamLoop loop,
      TopicStream stream,
      Entered entered,
      boolean resets,
      long streamCursor,
      long expires,
      long oldest) {
    this.loop = loop;
    this.stream = stream;
    this.entered = entered;
    this.resets = resets;
    this.streamCursor = streamCursor;
    this.expires = expires;
    this.oldest = oldest;
    at = entered.at();
    behind = entered.before().isEmpty();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    this.context = context;
    loop.add(this);
  }

  /// The framework's one response: its head is written here, below where its codec was.
  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (!headWritten && message instanceof HttpResponse response) {
      headWritten = true;
      var _ = context.write(head(response));
      context.flush();
      loop.execute(this::begin);
    }
    ReferenceCountUtil.release(message);
    promise.trySuccess();
  }

  private static ByteBuf head(HttpResponse response) {
    StringBuilder head = new StringBuilder(512);
    head.append("HTTP/1.1 ").append(response.status()).append("\r\n");
    response.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    response.headers().set(HttpHeaderNames.CONNECTION, "close");
    for (Map.Entry<String, String> header : response.headers()) {
      head.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
    }
    return Unpooled.copiedBuffer(head.append("\r\n"), StandardCharsets.ISO_8859_1);
  }

  private void begin() {
    Entered start = entered;
    if (over || start == null) {
      return;
    }
    begun = true;
    entered = null;
    TopicStreamResultHandler.forgetRequest(channel());
    write(loop.chunk("retry:" + loop.streams().retryMillis() + "\n\n:\n\n"));
    if (early != null) {
      end(early);
      return;
    }
    suspect |= loop.streams().suspects(stream);
    lead(start);
    tick(loop.streams().clock().millis(), false);
    attach(start.feed());
  }

  /// What comes before the first event: the snapshot, and a position to come back to.
  private void lead(Entered start) {
    if (!start.before().isEmpty()) {
      write(loop.chunk(start.before()));
    }
    // an id at once, so that a drop before the first event skips nothing; where an event is due, it
    // has an id itself, and clients take the first control for the one that follows data
    if (at.offset() >= start.head().offset()) {
      boolean atHead = at.equals(start.feed().head());
      write(Wire.control(loop.allocator(), at, streamCursor(), atHead));
    }
    context().flush();
  }

  private void attach(TopicFeed feed) {
    LoopPump found = loop.pump(feed);
    if (found == null) {
      verify();
      return;
    }
    pump = found;
    found.add(this);
    pump();
  }

  private void detach() {
    if (pump != null) {
      pump.remove(this);
      pump = null;
    }
  }

  /// Writes what is due, as far as the socket takes it.
  void pump() {
    if (suspect && begun && !busy && !over && pump != null) {
      askForAccess(pump.feed());
      return;
    }
    boolean wrote = false;
    while (!over && !busy && pump != null && channel().isWritable()) {
      Position head = pump.feed().head();
      if (at.offset() > head.offset()) {
        verify();
        break;
      }
      switch (pump.due(at, passed, streamCursor())) {
        case Batch(ByteBuf bytes, Position end, int events) -> {
          write(bytes.retainedDuplicate());
          at = end;
          loop.streams().delivered(events);
          wrote = true;
        }
        case Nothing() -> {
          if (!at.equals(head)) {
            verify();
          } else if (behind) {
            behind = false;
            loop.streams().caughtUp(stream);
          }
          flush(wrote);
          return;
        }
        case Later(var frames) -> {
          int asked = ask();
          var _ = frames.whenComplete((_, failure) -> loop.execute(() -> goOn(asked, failure)));
        }
        case Gate(var frame) -> gate(frame);
        case Broken() -> verify();
      }
    }
    flush(wrote);
  }

  private void flush(boolean wrote) {
    if (wrote) {
      context().flush();
    }
  }

  /// Stands still until the answer to a question comes.
  private int ask() {
    busy = true;
    return ++question;
  }

  private boolean isStale(int asked) {
    return over || asked != question;
  }

  private void goOn(int asked, @Nullable Throwable failure) {
    if (isStale(asked)) {
      return;
    }
    if (failure != null) {
      loop.later(retryMillis(), () -> goOn(asked, null));
    } else {
      busy = false;
      pump();
    }
  }

  /// The next event may end this stream: ask, and stand still until there is an answer.
  private void gate(Frame frame) {
    int asked = ask();
    loop.streams()
        .ask(
            () -> {
              Ending ending = loop.streams().entrance().ends(frame, stream);
              loop.execute(() -> passGate(asked, frame.offset(), ending));
            },
            () -> loop.execute(() -> loop.later(retryMillis(), () -> goOn(asked, null))));
  }

  /// An event of another topic may have taken the subscriber's access away.
  void review() {
    suspect = true;
    pump();
  }

  private void askForAccess(TopicFeed feed) {
    suspect = false;
    int asked = ask();
    Position reached = at;
    loop.streams()
        .ask(
            () -> {
              boolean out = loop.streams().entrance().isShutOut(stream, feed, reached);
              loop.execute(
                  () -> {
                    if (!isStale(asked) && out) {
                      end(Ending.ACCESS_REMOVED);
                    } else {
                      goOn(asked, null);
                    }
                  });
            },
            () ->
                loop.execute(
                    () -> {
                      suspect = true;
                      loop.later(retryMillis(), () -> goOn(asked, null));
                    }));
  }

  private void passGate(int asked, long offset, @Nullable Ending ending) {
    if (isStale(asked)) {
      return;
    }
    busy = false;
    passed = offset;
    if (ending == null || pump == null) {
      pump();
      return;
    }
    if (pump.due(at, passed, streamCursor()) instanceof Batch(var bytes, var end, int _)
        && end.offset() == offset) {
      write(bytes.retainedDuplicate());
      at = end;
      end(ending);
    } else {
      verify(); // the feed has changed meanwhile
    }
  }

  /// The history may have been undone: nothing more is sent before the position was verified.
  void verify() {
    if (over) {
      return;
    }
    detach();
    int asked = ask();
    Position reached = at;
    loop.streams()
        .ask(
            () -> {
              try {
                Entered again = loop.streams().entrance().enterAgain(stream, reached, resets);
                loop.execute(() -> enter(asked, again));
              } catch (StreamProblem problem) {
                loop.execute(() -> refused(asked, problem.reason()));
              }
            },
            () -> loop.execute(() -> refused(asked, Cause.UNAVAILABLE)));
  }

  private void enter(int asked, Entered again) {
    if (isStale(asked)) {
      return;
    }
    busy = false;
    at = again.at();
    behind = again.before().isEmpty();
    if (!behind) {
      lead(again);
    }
    attach(again.feed());
  }

  private void refused(int asked, Cause cause) {
    if (isStale(asked)) {
      return;
    }
    switch (cause) {
      // without an event that tells of its end the topic may be undone: coming back shows it
      case LOST, DELETED -> end(Ending.LOST);
      case NO_ACCESS -> end(Ending.ACCESS_REMOVED);
      default ->
          loop.later(
              retryMillis(),
              () -> {
                if (!isStale(asked)) {
                  verify();
                }
              });
    }
  }

  void tick(long now, boolean heartbeat) {
    if (now >= expires - TICK_MILLIS && !expiring) {
      expiring = true;
      loop.later(Math.max(0, expires - now), () -> end(Ending.TOKEN_EXPIRED));
    }
    if (now >= oldest) {
      end(Ending.MAX_AGE);
    } else if (heartbeat && begun && !over && channel().isWritable()) {
      var _ = context().writeAndFlush(Wire.HEARTBEAT.duplicate());
    }
  }

  /// For those only who are up to date and can take it.
  void ephemeral(ByteBuf event) {
    if (!over
        && !busy
        && pump != null
        && channel().isWritable()
        && at.offset() == pump.feed().head().offset()) {
      var _ = context().writeAndFlush(event.retainedDuplicate());
    }
  }

  void end(Ending ending) {
    if (over) {
      return;
    }
    if (!begun) {
      early = ending;
      return;
    }
    leave();
    loop.streams().count(ending);
    write(loop.chunk(Wire.end(ending)));
    var _ =
        context()
            .writeAndFlush(Wire.LAST_CHUNK.duplicate())
            .addListener(ChannelFutureListener.CLOSE);
    loop.later(CLOSE_MILLIS, this::close); // a client that does not read
  }

  private void close() {
    var _ = channel().close();
  }

  /// Should never be called. The client comes back to where it was; the others are not held up.
  void failed(RuntimeException e) {
    log.error("A stream of a {} failed", stream.topic().kind(), e);
    close();
  }

  private void leave() {
    over = true;
    entered = null;
    detach();
    loop.remove(this);
    loop.streams().closed(stream);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (!over) {
      leave();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (context.channel().isWritable()) {
      pump();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes) {
      unasked += bytes.readableBytes();
      if (unasked > MAX_UNASKED) {
        var _ = context.close();
      }
    }
    ReferenceCountUtil.release(message);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close(); // the connection broke
  }

  private long streamCursor() {
    return Math.max(streamCursor, Wire.cursor(-1, loop.streams().epochSecond()));
  }

  private static long retryMillis() {
    return RETRY_MILLIS + ThreadLocalRandom.current().nextLong(RETRY_MILLIS);
  }

  private void write(ByteBuf bytes) {
    var _ = context().write(bytes, context().voidPromise());
  }

  String subscriber() {
    return stream.subscriber();
  }

  private Channel channel() {
    return context().channel();
  }

  private ChannelHandlerContext context() {
    if (context == null) {
      throw new IllegalStateException("not on a channel");
    }
    return context;
  }
}
