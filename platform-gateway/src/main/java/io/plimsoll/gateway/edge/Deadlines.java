package io.plimsoll.gateway.edge;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Closes a connection whose client does not finish the head of a request in time, or makes too
/// long a pause in its body. A read time-out alone is no help against the first: one byte every few
/// seconds holds such a connection for ever.
///
/// One part stands before the HTTP codec and sees bytes, the other after it and sees messages.
/// There is at most one timer per connection, which is moved when it fires and not with every
/// request.
final class Deadlines {

  private static final long NONE = Long.MAX_VALUE;

  private enum Phase {
    BETWEEN_REQUESTS,
    HEAD,
    BODY
  }

  private final long head;
  private final long body;
  private Phase phase = Phase.BETWEEN_REQUESTS;
  private long due = NONE;
  private long timerAt;
  private @Nullable Future<?> timer;

  private Deadlines(Duration head, Duration body) {
    this.head = head.toNanos();
    this.body = body.toNanos();
  }

  /// @param codec name of the HTTP codec in the pipeline
  static void watch(ChannelPipeline pipeline, String codec, Duration head, Duration body) {
    Deadlines deadlines = new Deadlines(head, body);
    pipeline.addBefore(codec, "plimsoll.bytes", deadlines.new Bytes());
    pipeline.addAfter(codec, "plimsoll.messages", deadlines.new Messages());
  }

  private void start(ChannelHandlerContext context, long limit) {
    due = System.nanoTime() + limit;
    if (timer == null || timerAt - due > 0) {
      schedule(context);
    }
  }

  private void schedule(ChannelHandlerContext context) {
    if (timer != null) {
      timer.cancel(false);
    }
    timerAt = due;
    timer =
        context
            .executor()
            .schedule(() -> fired(context), timerAt - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private void fired(ChannelHandlerContext context) {
    timer = null;
    if (due == NONE) {
      return;
    }
    if (phase == Phase.BODY && !context.channel().config().isAutoRead()) {
      due = System.nanoTime() + body; // the client could not send: the service makes the pause
    }
    if (due - System.nanoTime() > 0) {
      schedule(context);
      return;
    }
    if (phase == Phase.BODY) {
      // whoever reads the body answers with it
      context.pipeline().fireExceptionCaught(ReadTimeoutException.INSTANCE);
    }
    var _ = context.close();
  }

  private void stop() {
    due = NONE;
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private final class Bytes extends ChannelInboundHandlerAdapter {

    /// With TLS the protocol is known, and this added, when the connection is there already.
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      if (context.channel().isActive()) {
        start(context, head);
      }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      start(context, head);
      context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (phase == Phase.BETWEEN_REQUESTS) {
        phase = Phase.HEAD;
        if (due == NONE) {
          start(context, head);
        }
      }
      context.fireChannelRead(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      stop();
      context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
      stop();
    }
  }

  private final class Messages extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof LastHttpContent) {
        phase = Phase.BETWEEN_REQUESTS;
        due = NONE;
      } else if (message instanceof HttpRequest || message instanceof HttpContent) {
        phase = Phase.BODY;
        due = System.nanoTime() + body;
      }
      context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      if (phase == Phase.BODY && (timer == null || timerAt - due > 0)) {
        schedule(context);
      }
      context.fireChannelReadComplete();
    }
  }
}
