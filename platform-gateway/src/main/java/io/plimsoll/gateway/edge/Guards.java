package io.plimsoll.gateway.edge;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.call.Room;
import java.io.IOException;
import javax.net.ssl.SSLException;
import reactor.netty.NettyPipeline;
import tools.jackson.databind.json.JsonMapper;

/// Puts what guards an HTTP/1.1 connection around its codec: [Deadlines], [Turns] and [Malformed].
/// HTTP/2 has its own codec, which resets streams and closes connections by the protocol's own
/// errors; before it stands what bounds that which is to be written.
final class Guards {

  private static final String TLS = "plimsoll.tls";

  private final EdgeProperties properties;
  private final Room room;
  private final JsonMapper json;
  private final MeterRegistry metrics;

  Guards(EdgeProperties properties, Room room, JsonMapper json, MeterRegistry metrics) {
    this.properties = properties;
    this.room = room;
    this.json = json;
    this.metrics = metrics;
  }

  void watch(ChannelPipeline pipeline) {
    if (speaksHttp1(pipeline)) {
      add(pipeline);
    } else if (pipeline.get(NettyPipeline.SslHandler) != null) {
      pipeline.addAfter(NettyPipeline.SslHandler, TLS, new AfterHandshake());
    }
  }

  /// The codec of HTTP/2 bears the same name.
  private static boolean speaksHttp1(ChannelPipeline pipeline) {
    return pipeline.get(NettyPipeline.HttpCodec) instanceof HttpServerCodec;
  }

  private void add(ChannelPipeline pipeline) {
    pipeline.addAfter(
        NettyPipeline.HttpCodec, "plimsoll.malformed", new Malformed(json, this::count));
    pipeline.addAfter(NettyPipeline.HttpCodec, "plimsoll.turns", new Turns());
    Deadlines.watch(
        pipeline, NettyPipeline.HttpCodec, properties.headTimeout(), properties.bodyTimeout());
  }

  private void count(Problem problem) {
    count(Integer.toString(problem.status()));
  }

  private void count(String status) {
    Counter.builder("plimsoll.gateway.malformed")
        .description("Connections closed because what came was no request")
        .tag("status", status)
        .register(metrics)
        .increment();
  }

  /// With TLS the client chooses the protocol in the handshake. What is no TLS is closed without a
  /// word: an exception would be logged, with all of it.
  private final class AfterHandshake extends ChannelInboundHandlerAdapter {

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
        count("tls");
        var _ = context.close();
        return;
      }
      context.fireUserEventTriggered(event);
      if (event instanceof SslHandshakeCompletionEvent) {
        ChannelPipeline pipeline = context.pipeline();
        if (speaksHttp1(pipeline)) {
          add(pipeline);
        } else {
          pipeline.addAfter(TLS, "plimsoll.backlog", room.backlog(context.channel()));
        }
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      boolean noTls = cause instanceof DecoderException && cause.getCause() instanceof SSLException;
      // over HTTP/2 nobody takes the end of a connection for more than it is
      boolean reset = cause instanceof IOException && !speaksHttp1(context.pipeline());
      if (noTls || reset) {
        var _ = context.close();
      } else {
        context.fireExceptionCaught(cause);
      }
    }
  }
}
