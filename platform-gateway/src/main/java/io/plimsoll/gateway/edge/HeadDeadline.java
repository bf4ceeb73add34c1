package io.plimsoll.gateway.edge;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Closes a connection whose client does not finish the head of a request in time. A read time-out
/// alone is no help: one byte every few seconds holds such a connection for ever.
///
/// One part stands before the HTTP codec and sees bytes, the other after it and sees messages.
final class HeadDeadline {

  private final Duration limit;
  private boolean betweenRequests = true;
  private @Nullable Future<?> deadline;

  private HeadDeadline(Duration limit) {
    this.limit = limit;
  }

  /// @param codec name of the HTTP codec in the pipeline
  static void watch(ChannelPipeline pipeline, String codec, Duration limit) {
    if (pipeline.get(codec) == null) {
      return;
    }
    HeadDeadline head = new HeadDeadline(limit);
    pipeline.addBefore(codec, "plimsoll.headBytes", head.new Bytes());
    pipeline.addAfter(codec, "plimsoll.headMessages", head.new Messages());
  }

  private void start(ChannelHandlerContext context) {
    if (deadline == null) {
      deadline =
          context
              .executor()
              .schedule(
                  () -> {
                    var _ = context.close();
                  },
                  limit.toMillis(),
                  TimeUnit.MILLISECONDS);
    }
  }

  private void stop() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  private final class Bytes extends ChannelInboundHandlerAdapter {

    @Override
    public void channelActive(ChannelHandlerContext context) {
      start(context);
      context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (betweenRequests) {
        start(context);
      }
      context.fireChannelRead(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      stop();
      context.fireChannelInactive();
    }
  }

  private final class Messages extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpRequest) {
        betweenRequests = false;
        stop();
      }
      if (message instanceof LastHttpContent) {
        betweenRequests = true;
      }
      context.fireChannelRead(message);
    }
  }
}
