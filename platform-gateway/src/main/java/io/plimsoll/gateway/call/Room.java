package io.plimsoll.gateway.call;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.Future;
import io.plimsoll.gateway.request.ClientAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/// The memory that clients decide about: heads of HTTP/2 requests, of which a connection has many,
/// bodies that are held, answers and event streams that wait for a client to read them, and the
/// [Backlog] of an HTTP/2 connection. One address has room as [Shares] say.
///
/// Without room a request is refused, a body answered 503, and the connection of what is unread
/// closed; over HTTP/2 its stream, or, where not even its reset leaves, all of it. After too long a
/// pause in reading it is the stream alone. What the system has taken over does not count.
public final class Room {

  /// On the heap for a stream of HTTP/2 and its call, beside the head.
  private static final int STREAM = 2 << 10;

  /// And for each field of the head.
  private static final int FIELD = 64;

  private static final int REST_OF_REQUEST_SECONDS = 1;

  /// For the reset of a stream for whose answer there was no room: until then more may come.
  private static final long TO_LEAVE_MILLIS = 100;

  /// Between the first two looks at whether a stream has left, in milliseconds; then twice as many.
  private static final long FIRST_LOOK = 8;

  /// Longest pause in reading at the end of a shutdown.
  private static final Duration LEAVING = Duration.ofSeconds(5);

  private final Shares shares;
  private volatile Duration limit;
  private final ClientAddress addresses;

  /// @param size for all of them
  /// @param limit of a pause in reading, for [Pace]
  public Room(DataSize size, Duration limit, ClientAddress addresses) {
    this.shares = new Shares(size.toBytes());
    this.limit = limit;
    this.addresses = addresses;
  }

  /// How much is taken.
  public long bytes() {
    return shares.taken();
  }

  /// How long too little of what waits may leave.
  Duration limit() {
    return limit;
  }

  /// From now on, at the end of a shutdown, no long pause is waited for.
  public void hurry() {
    limit = LEAVING.compareTo(limit) < 0 ? LEAVING : limit;
  }

  String address(Call call) {
    return call.address(addresses);
  }

  boolean take(String address, long bytes) {
    return shares.take(address, bytes);
  }

  void give(String address, long bytes) {
    shares.give(address, bytes);
  }

  /// What is to stand before the codec of an HTTP/2 connection.
  public ChannelHandler backlog(Channel connection) {
    InetAddress peer =
        connection.remoteAddress() instanceof InetSocketAddress socket ? socket.getAddress() : null;
    return new Backlog(this, ClientAddress.name(peer));
  }

  /// What a request takes before anything is done with it.
  static long ofHead(Call call) {
    if (call.ownsConnection()) {
      return 0; // connections are bounded
    }
    long bytes = STREAM;
    var fields = call.headers().iteratorCharSequence();
    while (fields.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = fields.next();
      bytes += FIELD + field.getKey().length() + field.getValue().length();
    }
    return bytes + call.request().uri().length();
  }

  /// Watches over what is left of a call that was answered.
  ///
  /// @param held what it has taken, which it gives back when all of it is gone
  void seeOff(Call call, long held) {
    Channel channel = call.channel();
    if (channel instanceof Http2StreamChannel stream) {
      String address = address(call);
      if (isOpen(stream)) {
        // frames leave after all that was read together was handled
        stream.eventLoop().execute(() -> seeOff(stream, address, held));
      } else {
        giveBack(stream, address, held);
      }
      return;
    }
    if (held > 0) {
      give(address(call), held);
    }
    if (!call.left() && Unread.bytes(channel) > 0) {
      seeOff(channel, address(call));
    }
  }

  private void seeOff(Channel channel, String address) {
    // nothing itself, it is written when all before it is
    ChannelFuture read = channel.pipeline().firstContext().writeAndFlush(Unpooled.EMPTY_BUFFER);
    if (await(channel, address, read, () -> close(channel)) == null) {
      close(channel);
    }
  }

  /// Counts what a client has not read until it has.
  ///
  /// @param read is done then
  /// @param late runs when it reads too little for too long
  /// @return null where there is no room
  @Nullable Waiting await(Channel channel, String address, Future<?> read, Runnable late) {
    Unread unread = Unread.of(this, channel, address, 0);
    if (unread == null) {
      return null;
    }
    Waiting waiting = new Waiting(unread, channel, late);
    read.addListener(_ -> waiting.over());
    waiting.look();
    return waiting;
  }

  /// Something that a client has to read before there is more.
  final class Waiting {

    private final Unread unread;
    private final Channel channel;
    private final Runnable late;
    private long pause = FIRST_LOOK;
    private boolean over;

    Waiting(Unread unread, Channel channel, Runnable late) {
      this.unread = unread;
      this.channel = channel;
      this.late = late;
    }

    private void look() {
      if (over) {
        return;
      }
      unread.settle();
      if (unread.restsFor(limit)) {
        over();
        late.run();
        return;
      }
      var _ = channel.eventLoop().schedule(this::look, pause, TimeUnit.MILLISECONDS);
      pause = longer(pause);
    }

    /// It is counted no more.
    void over() {
      if (!over) {
        over = true;
        unread.forget();
      }
    }
  }

  private static long longer(long pause) {
    return Math.min(2 * pause, TimeUnit.SECONDS.toMillis(1));
  }

  /// What a closed stream has written may wait on its connection still.
  private void giveBack(Http2StreamChannel stream, String address, long bytes) {
    Channel connection = stream.parent();
    ChannelHandlerContext backlog = connection.pipeline().context(Backlog.class);
    if (bytes == 0 || backlog == null || Unread.bytes(connection) == 0) {
      give(address, bytes);
    } else {
      backlog.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> give(address, bytes));
    }
  }

  private void seeOff(Http2StreamChannel stream, String address, long held) {
    Unread unread = Unread.of(this, stream, address, held);
    if (unread == null) {
      give(address, held);
      cut(stream);
      var _ =
          stream.eventLoop().schedule(() -> end(stream), TO_LEAVE_MILLIS, TimeUnit.MILLISECONDS);
    } else {
      new Leaving(stream, address, held, unread).look();
    }
  }

  /// A stream of HTTP/2 that was answered, up to its end.
  private final class Leaving {

    private final Http2StreamChannel stream;
    private final String address;
    private final long held;
    private final Unread unread;
    private final long answered = System.nanoTime();
    private long pause = FIRST_LOOK;

    Leaving(Http2StreamChannel stream, String address, long held, Unread unread) {
      this.stream = stream;
      this.address = address;
      this.held = held;
      this.unread = unread;
    }

    private void look() {
      if (!isOpen(stream)) {
        unread.forget();
        giveBack(stream, address, held);
        return;
      }
      unread.settle();
      if (System.nanoTime() - answered >= TimeUnit.SECONDS.toNanos(REST_OF_REQUEST_SECONDS)) {
        leave(stream); // the rest of the request may have been on its way until now
      }
      if (unread.restsFor(limit)) {
        cut(stream);
      }
      var _ = stream.eventLoop().schedule(this::look, pause, TimeUnit.MILLISECONDS);
      pause = longer(pause);
    }
  }

  /// Ends an answered stream of whose request the client has not sent all ([RFC
  /// 9113](https://www.rfc-editor.org/rfc/rfc9113), section 8.1).
  static void leave(Channel channel) {
    if (channel instanceof Http2StreamChannel stream
        && stream.stream().state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
      reset(stream, Http2Error.NO_ERROR);
    }
  }

  /// Gives up what is left of an answer; what does not leave is seen off like any other.
  static void cut(Channel channel) {
    if (channel instanceof Http2StreamChannel stream) {
      if (isOpen(stream)) {
        cut(stream);
      }
    } else {
      close(channel);
    }
  }

  /// To close the channel alone resets nothing whose end was written, though it has not left.
  private static void cut(Http2StreamChannel stream) {
    reset(stream, Http2Error.CANCEL);
    var _ = stream.close();
  }

  /// What is queued, which nobody counts, is kept until the reset has left.
  private static void end(Http2StreamChannel stream) {
    if (isOpen(stream)) {
      close(stream.parent());
    }
  }

  /// At once: TLS and the codec of HTTP/2 would wait until their farewells have left, and the
  /// latter for its streams.
  static void close(Channel connection) {
    ChannelHandlerContext first = connection.pipeline().firstContext();
    if (first != null) {
      var _ = first.close();
    }
  }

  /// Refuses a stream of whose request nothing was done ([RFC
  /// 9113](https://www.rfc-editor.org/rfc/rfc9113), section 8.7).
  static void refuse(Channel channel) {
    if (channel instanceof Http2StreamChannel stream) {
      reset(stream, Http2Error.REFUSED_STREAM);
    }
    var _ = channel.close();
  }

  private static void reset(Http2StreamChannel stream, Http2Error error) {
    ChannelHandlerContext first = stream.pipeline().firstContext();
    if (first != null) {
      var _ = first.writeAndFlush(new DefaultHttp2ResetFrame(error));
    }
  }

  static boolean isOpen(Http2StreamChannel stream) {
    return stream.stream().state() != Http2Stream.State.CLOSED;
  }
}
