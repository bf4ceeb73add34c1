package io.plimsoll.gateway.call;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Queue;
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
  private final GenericFutureListener<Future<? super Void>> written = _ -> this.frames--;
  private final Pace own = new Pace();
  private final Pace streams = new Pace();

  /// Writes of which something waits here.
  private long frames;

  /// Bytes that were written so far, how many of them are to be flushed, and how many had left when
  /// that was last looked at.
  private long all;

  private long unflushed;
  private long gone;

  /// Those among them that are of bodies.
  private final Queue<Body> bodies = new ArrayDeque<>();

  /// Of the codec's frame that is being written: its type, and how much of it is to come.
  private int type;

  private int rest;

  /// What waits in the connection's streams.
  private long unread;

  private long taken;
  private boolean watched;
  private boolean closed;

  /// @param end of it, among all that was written
  private record Body(long end, int length) {}

  /// @param address whose connection it is
  Backlog(Room room, String address) {
    this.room = room;
    this.address = address;
  }

  /// Whether enough of bodies leaves, for all that waits in the connection's streams. What else
  /// leaves, does so without the client's leave.
  Pace streams(Channel connection) {
    measure(connection);
    return streams;
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
      own.left(0, 0);
    }
    if (message instanceof ByteBuf bytes) {
      all += bytes.readableBytes();
      unflushed += bytes.readableBytes();
      int body = ofBodies(bytes);
      if (body > 0) {
        bodies.add(new Body(all, body));
      }
    }
    var _ = context.write(message, promise.unvoid().addListener(written));
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

  @Override
  public void flush(ChannelHandlerContext context) {
    context.flush();
    unflushed = 0;
    measure(context.channel());
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

  /// By bytes: of a write it is told when all of its frames have left. What TLS and the channel's
  /// account add to what waits makes it late, never early.
  private void measure(Channel connection) {
    long waits = Unread.bytes(connection);
    long before = gone;
    gone = Math.max(gone, all - unflushed - waits);
    if (gone > before) {
      own.left(gone - before, waits + gone - before);
      streams.left(carried(before), unread);
    }
  }

  private long carried(long before) {
    long carried = 0;
    for (Body body = bodies.peek(); body != null; body = bodies.peek()) {
      long start = body.end() - body.length();
      carried += Math.max(0, Math.min(body.end(), gone) - Math.max(start, before));
      if (body.end() > gone) {
        break;
      }
      bodies.remove();
    }
    return carried;
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
    measure(context.channel());
    if (frames > 0 && own.restsFor(room.limit())) {
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
