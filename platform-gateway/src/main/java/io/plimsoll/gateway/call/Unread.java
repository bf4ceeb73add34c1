package io.plimsoll.gateway.call;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.Future;
import io.plimsoll.gateway.request.ClientAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.util.unit.DataSize;

/// Ends of answers that wait only for a client to read them. A client may make a pause so long, and
/// what one address has not read has room as [Shares] say; beyond, the connection is closed, over
/// HTTP/2 the stream, or, where the connection takes nothing, all of it.
///
/// What the system has taken over is none of them.
public final class Unread {

  private static final int REST_OF_REQUEST_SECONDS = 1;

  private final Shares room;
  private final Duration limit;
  private final ClientAddress addresses;

  /// @param room in memory, for all of them
  /// @param limit of a pause
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
    } else if (pending(channel) > 0) {
      seeOff(call, channel);
    }
  }

  private void seeOff(Call call, Channel channel) {
    String address = call.address(addresses);
    long bytes = pending(channel);
    if (!room.take(address, bytes)) {
      var _ = channel.close();
      return;
    }
    // nothing itself, it is written when all before it is
    ChannelFuture read = channel.pipeline().firstContext().writeAndFlush(Unpooled.EMPTY_BUFFER);
    read.addListener(_ -> room.give(address, bytes));
    watch(channel, bytes, read);
  }

  private void watch(Channel channel, long before, ChannelFuture read) {
    Future<?> late =
        channel
            .eventLoop()
            .schedule(
                () -> {
                  long left = pending(channel);
                  if (left < before) {
                    watch(channel, left, read);
                  } else {
                    var _ = channel.close();
                  }
                },
                limit.toNanos(),
                TimeUnit.NANOSECONDS);
    read.addListener(_ -> late.cancel(false));
  }

  private static long pending(Channel channel) {
    ChannelOutboundBuffer rest = channel.unsafe().outboundBuffer();
    return rest == null ? 0 : rest.totalPendingWriteBytes();
  }

  private void seeOff(Call call, Http2StreamChannel stream) {
    if (!isOpen(stream)) {
      return;
    }
    String address = call.address(addresses);
    long bytes = pending(stream);
    if (bytes == 0 || room.take(address, bytes)) {
      watch(stream, bytes, deadline(), () -> room.give(address, bytes));
    } else {
      cut(stream);
      stream.eventLoop().execute(() -> end(stream));
    }
  }

  private long deadline() {
    return System.nanoTime() + limit.toNanos();
  }

  private void watch(Http2StreamChannel stream, long before, long until, Runnable gone) {
    var _ =
        stream
            .eventLoop()
            .schedule(
                () -> {
                  if (!isOpen(stream)) {
                    gone.run();
                    return;
                  }
                  leave(stream); // the rest of the request may have been on its way until now
                  long left = pending(stream);
                  long next = left < before ? deadline() : until;
                  if (System.nanoTime() - next >= 0) {
                    cut(stream);
                    end(stream);
                  }
                  watch(stream, left, next, gone);
                },
                REST_OF_REQUEST_SECONDS,
                TimeUnit.SECONDS);
  }

  private static long pending(Http2StreamChannel stream) {
    WriteBufferWaterMark mark = stream.config().getWriteBufferWaterMark();
    return stream.isWritable()
        ? mark.high() + 1 - stream.bytesBeforeUnwritable()
        : mark.low() - 1 + stream.bytesBeforeWritable();
  }

  /// Ends an answered stream of whose request the client has not sent all ([RFC
  /// 9113](https://www.rfc-editor.org/rfc/rfc9113), section 8.1).
  static void leave(Channel channel) {
    if (channel instanceof Http2StreamChannel stream
        && stream.stream().state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
      reset(stream, Http2Error.NO_ERROR);
    }
  }

  /// Gives up what is left of an answer.
  static void cut(Channel channel) {
    if (channel instanceof Http2StreamChannel stream) {
      cut(stream);
      var _ =
          stream.eventLoop().schedule(() -> end(stream), REST_OF_REQUEST_SECONDS, TimeUnit.SECONDS);
    } else {
      var _ = channel.close();
    }
  }

  /// To close the channel alone resets nothing whose end was written, though it has not left.
  private static void cut(Http2StreamChannel stream) {
    reset(stream, Http2Error.CANCEL);
    var _ = stream.close();
  }

  /// What is queued is kept until the reset has left. Where the connection takes nothing that may
  /// be never; and its own handler would wait with its close for the streams.
  private static void end(Http2StreamChannel stream) {
    ChannelHandlerContext connection = stream.parent().pipeline().firstContext();
    if (isOpen(stream) && connection != null) {
      var _ = connection.close();
    }
  }

  private static void reset(Http2StreamChannel stream, Http2Error error) {
    ChannelHandlerContext first = stream.pipeline().firstContext();
    if (first != null) {
      var _ = first.writeAndFlush(new DefaultHttp2ResetFrame(error));
    }
  }

  private static boolean isOpen(Http2StreamChannel stream) {
    return stream.stream().state() != Http2Stream.State.CLOSED;
  }
}
