package io.plimsoll.gateway.call;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.Future;
import io.plimsoll.gateway.request.ClientAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.util.unit.DataSize;

/// Ends of answers that wait only for a client to read them. Each has its time, and those of one
/// address have room as [Shares] say; beyond, the connection is closed, over HTTP/2 the stream.
///
/// What the system has taken over is none of them.
public final class Unread {

  /// That can be left of an answer at its end: what was held of it, and the write that filled the
  /// channel.
  private static final long MOST = 192 << 10;

  private static final int REST_OF_REQUEST_SECONDS = 1;

  private final Shares room;
  private final Duration limit;
  private final ClientAddress addresses;

  /// @param room in memory, for all of them
  /// @param limit after which one is given up
  public Unread(DataSize room, Duration limit, ClientAddress addresses) {
    this.room = new Shares(room.toBytes());
    this.limit = limit;
    this.addresses = addresses;
  }

  /// How much of the room is taken.
  public long bytes() {
    return room.taken();
  }

  /// Watches over what is left of a call that was answered.
  void seeOff(Call call) {
    Channel channel = call.channel();
    if (channel instanceof Http2StreamChannel stream) {
      if (isOpen(stream)) {
        // frames leave after all that was read together was handled
        stream.eventLoop().execute(() -> seeOff(call, stream));
      }
      return;
    }
    ChannelOutboundBuffer rest = channel.unsafe().outboundBuffer();
    if (rest != null && !rest.isEmpty()) {
      seeOff(call, channel);
    }
  }

  private void seeOff(Call call, Channel channel) {
    String address = call.address(addresses);
    long bytes = Math.min(call.bytesOut(), MOST);
    if (!room.take(address, bytes)) {
      var _ = channel.close();
      return;
    }
    // nothing itself, it is written when all before it is
    ChannelFuture read = channel.pipeline().firstContext().writeAndFlush(Unpooled.EMPTY_BUFFER);
    Future<?> late =
        channel
            .eventLoop()
            .schedule(
                () -> {
                  var _ = channel.close();
                },
                limit.toNanos(),
                TimeUnit.NANOSECONDS);
    read.addListener(
        _ -> {
          late.cancel(false);
          room.give(address, bytes);
        });
  }

  private void seeOff(Call call, Http2StreamChannel stream) {
    if (!isOpen(stream)) {
      return;
    }
    String address = call.address(addresses);
    long bytes = isWritten(stream) ? 0 : Math.min(call.bytesOut(), MOST);
    if (bytes == 0 || room.take(address, bytes)) {
      watch(stream, System.nanoTime() + limit.toNanos(), () -> room.give(address, bytes));
    } else {
      reset(stream, Http2Error.CANCEL);
    }
  }

  private static void watch(Http2StreamChannel stream, long until, Runnable gone) {
    var _ =
        stream
            .eventLoop()
            .schedule(
                () -> {
                  // the rest of the request may have been on its way
                  leave(stream);
                  if (isOpen(stream) && System.nanoTime() - until >= 0) {
                    reset(stream, Http2Error.CANCEL);
                  }
                  if (isOpen(stream)) {
                    watch(stream, until, gone);
                  } else {
                    gone.run();
                  }
                },
                REST_OF_REQUEST_SECONDS,
                TimeUnit.SECONDS);
  }

  /// Ends an answered stream of whose request the client has not sent all ([RFC
  /// 9113](https://www.rfc-editor.org/rfc/rfc9113), section 8.1).
  static void leave(Channel channel) {
    if (channel instanceof Http2StreamChannel stream && isWritten(stream)) {
      reset(stream, Http2Error.NO_ERROR);
    }
  }

  /// Closing the channel would not: its end was written, though it has not left.
  private static void reset(Http2StreamChannel stream, Http2Error error) {
    var _ = stream.pipeline().firstContext().writeAndFlush(new DefaultHttp2ResetFrame(error));
  }

  private static boolean isOpen(Http2StreamChannel stream) {
    return stream.isActive() && stream.stream().state() != Http2Stream.State.CLOSED;
  }

  private static boolean isWritten(Http2StreamChannel stream) {
    return stream.stream().state() == Http2Stream.State.HALF_CLOSED_LOCAL;
  }
}
