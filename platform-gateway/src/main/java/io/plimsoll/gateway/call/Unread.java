package io.plimsoll.gateway.call;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What was written for a client that has not read it: takes [Room], and knows whether the client
/// goes on reading. What is added later, the rest of what came from a service at once, is not
/// counted.
final class Unread {

  private final Room room;
  private final Channel channel;
  private final String address;
  private long bytes;
  private long last;
  private final long head;
  private final Pace pace = new Pace();
  private final @Nullable Backlog backlog;

  private Unread(Room room, Channel channel, String address, long bytes, long head) {
    this.room = room;
    this.head = head;
    this.channel = channel;
    this.address = address;
    this.bytes = bytes;
    this.last = bytes;
    this.backlog =
        channel instanceof Http2StreamChannel stream
            ? stream.parent().pipeline().get(Backlog.class)
            : null;
    if (backlog != null) {
      backlog.unread(bytes + head);
    }
  }

  /// Null where there is no room for it.
  ///
  /// @param head taken already, and given back when all is read; on an HTTP/2 connection it waits
  ///   with the rest
  static @Nullable Unread of(Room room, Channel channel, String address, long head) {
    long bytes = bytes(channel);
    return bytes == 0 || room.take(address, bytes)
        ? new Unread(room, channel, address, bytes, head)
        : null;
  }

  /// How much it is; of a stream of HTTP/2 not less than the low water mark while its connection
  /// takes nothing.
  static long bytes(Channel channel) {
    if (channel instanceof Http2StreamChannel stream) {
      WriteBufferWaterMark mark = stream.config().getWriteBufferWaterMark();
      return !Room.isOpen(stream)
          ? 0
          : stream.isWritable()
              ? mark.high() + 1 - stream.bytesBeforeUnwritable()
              : mark.low() - 1 + stream.bytesBeforeWritable();
    }
    ChannelOutboundBuffer rest = channel.unsafe().outboundBuffer();
    return rest == null ? 0 : rest.totalPendingWriteBytes() - rest.currentProgress();
  }

  /// Gives back what was read since.
  void settle() {
    long now = bytes(channel);
    if (now < last) {
      pace.left(last - now, last);
    } else if (backlog != null
        && channel instanceof Http2StreamChannel stream
        && isAllowed(stream)) {
      // the client waits for it, and it for its connection
      pace.follow(backlog.streams(stream.parent()));
    }
    last = now;
    if (now < bytes) {
      shrink(now);
    }
  }

  private void shrink(long now) {
    room.give(address, bytes - now);
    if (backlog != null) {
      backlog.unread(now - bytes);
    }
    bytes = now;
  }

  /// Whether the client's window for the stream is open ([RFC
  /// 9113](https://www.rfc-editor.org/rfc/rfc9113), section 5.2).
  private static boolean isAllowed(Http2StreamChannel channel) {
    Http2FrameCodec codec = channel.parent().pipeline().get(Http2FrameCodec.class);
    if (codec == null) {
      return false;
    }
    Http2Stream stream = codec.connection().stream(channel.stream().id());
    return stream != null && codec.connection().remote().flowController().windowSize(stream) > 0;
  }

  /// Whether too little was read for so long.
  boolean restsFor(Duration limit) {
    return pace.restsFor(limit);
  }

  /// It is gone.
  void forget() {
    if (bytes > 0) {
      shrink(0);
    }
    if (backlog != null) {
      backlog.unread(-head);
    }
  }
}
