package io.plimsoll.gateway.edge;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.FutureListener;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Hands on a pipelined request when the one before it is answered ([RFC
/// 9112](https://www.rfc-editor.org/rfc/rfc9112), section 9.3.2), so that what comes later, even
/// `Connection: close` or no request at all, takes nobody's answer away.
///
/// The codec takes 128 requests ahead; with one more the connection is closed.
final class Turns extends ChannelDuplexHandler {

  private final Queue<Object> held = new ArrayDeque<>();
  private final FutureListener<Void> sent = _ -> sent();
  private @Nullable ChannelHandlerContext context;
  private boolean taken;
  private boolean informational;

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!held.isEmpty() || (taken && message instanceof HttpRequest)) {
      held.add(message);
    } else {
      pass(context, message);
    }
  }

  private void pass(ChannelHandlerContext context, Object message) {
    taken |= message instanceof HttpRequest;
    context.fireChannelRead(message);
  }

  /// No more is read while there is somebody waiting.
  @Override
  public void read(ChannelHandlerContext context) {
    if (held.isEmpty()) {
      context.read();
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof HttpResponse head) {
      informational = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }
    boolean last = message instanceof LastHttpContent && !informational;
    var _ = context.write(message, last ? promise.unvoid().addListener(sent) : promise);
  }

  private void sent() {
    taken = false;
    if (!held.isEmpty()) {
      ChannelHandlerContext here = Objects.requireNonNull(context);
      // not at once: first the server cleans up after the answer
      here.executor().execute(() -> next(here));
    }
  }

  private void next(ChannelHandlerContext context) {
    while (!held.isEmpty() && !(taken && held.peek() instanceof HttpRequest)) {
      pass(context, held.remove());
    }
    context.fireChannelReadComplete();
    if (held.isEmpty()) {
      context.read();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof DecoderException && cause.getCause() instanceof IllegalStateException) {
      var _ = context.close(); // too many ahead
    } else {
      context.fireExceptionCaught(cause);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    release();
    context.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    release();
  }

  private void release() {
    while (!held.isEmpty()) {
      ReferenceCountUtil.release(held.remove());
    }
  }
}
