package io.plimsoll.gateway.call;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;

/// What is to be written on an HTTP/2 connection: for a client that reads nothing, heads, resets
/// and acknowledgements wait there, of streams that are closed already and of none. What is beyond
/// the ordinary takes [Room]. Without room, or when too little of it leaves for too long, the
/// connection is closed.
///
/// Stands between TLS and the codec.
final class Backlog extends ChannelDuplexHandler {

  /// Bytes that each connection may have: twice what the codec queues of bodies.
  private static final long ORDINARY = 128 << 10;

  /// Bytes of a frame's head ([RFC 9113](https://www.rfc-editor.org/rfc/rfc9113), section 4.1).
  private static final int HEAD = 9;

  private static final int DATA = 0;

  /// Bytes of the heap for a frame, beside its own.
  private static final long FRAME = 128;

  /// Less is not worth a look at the account.
  private static final long STEP = 8 << 10;

  private static final long PAUSE_SECONDS = 1;

  private final Room room;
  private final String address;
  private final GenericFutureListener<Future<? super Void>> written = _ -> written();
  private long frames;
  private long taken;
  private int type;
  private int rest;
  private boolean watched;
  private boolean closed;
  private final Pace all = new Pace();
  private final Pace bodies = new Pace();
  private long unread;

  /// @param address whose connection it is
  Backlog(Room room, String address) {
    this.room = room;
    this.address = address;
  }

  /// Whether bodies leave: all else does so without the client's leave.
  Pace bodies() {
    return bodies;
  }

  /// So much more waits in the connection's streams, or less.
  void unread(long change) {
    unread += change;
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (closed) {
      ReferenceCountUtil.release(message);
      promise.tryFailure(new ClosedChannelException());
      return;
    }
    if (frames++ == 0) {
      all.left(0, 0);
    }
    int body = message instanceof ByteBuf bytes ? ofBodies(bytes) : 0;
    var _ =
        context.write(
            message, promise.unvoid().addListener(body > 0 ? _ -> carried(body) : written));
    settle(context);
    if (!watched && !closed) {
      watch(context);
    }
  }

  /// Follows the codec's frames, whose heads are whole in one buffer each.
  private int ofBodies(ByteBuf bytes) {
    int found = 0;
    int at = bytes.readerIndex();
    while (at < bytes.writerIndex()) {
      if (rest == 0) {
        rest = bytes.getUnsignedMedium(at);
        type = bytes.getUnsignedByte(at + 3);
        at += HEAD;
      } else {
        int here = Math.min(rest, bytes.writerIndex() - at);
        found += type == DATA ? here : 0;
        rest -= here;
        at += here;
      }
    }
    return found;
  }

  private void written() {
    all.left(1, frames--);
  }

  private void carried(int body) {
    written();
    bodies.left(body, unread);
  }

  /// Nothing more is done for a connection that is to be closed.
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (closed) {
      ReferenceCountUtil.release(message);
    } else {
      context.fireChannelRead(message);
    }
  }

  private void settle(ChannelHandlerContext context) {
    long beyond = Math.max(0, Unread.bytes(context.channel()) + FRAME * frames - ORDINARY);
    if (beyond >= taken + STEP) {
      if (room.take(address, beyond - taken)) {
        taken = beyond;
      } else {
        close(context);
      }
    } else if (beyond < taken) {
      room.give(address, taken - beyond);
      taken = beyond;
    }
  }

  private void watch(ChannelHandlerContext context) {
    watched = true;
    var _ = context.executor().schedule(() -> look(context), PAUSE_SECONDS, TimeUnit.SECONDS);
  }

  private void look(ChannelHandlerContext context) {
    watched = false;
    if (closed) {
      return;
    }
    settle(context);
    if (frames > 0 && all.restsFor(room.limit())) {
      close(context);
    } else if (frames > 0 || taken > 0) {
      watch(context);
    }
  }

  /// Not through the codec, which would wait until its farewell has left; and not at once, for the
  /// codec may be writing.
  private void close(ChannelHandlerContext context) {
    closed = true;
    context.executor().execute(() -> Room.close(context.channel()));
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    room.give(address, taken);
    taken = 0;
    closed = true;
  }
}
