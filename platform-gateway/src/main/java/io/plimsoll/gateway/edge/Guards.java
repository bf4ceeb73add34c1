package io.plimsoll.gateway.edge;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.plimsoll.gateway.answer.Problem;
import reactor.netty.NettyPipeline;
import tools.jackson.databind.json.JsonMapper;

/// Puts what guards an HTTP/1.1 connection around its codec: [Deadlines], [Turns] and [Malformed].
/// HTTP/2 has its own codec, which resets streams and closes connections by the protocol's own
/// errors.
final class Guards {

  private final EdgeProperties properties;
  private final JsonMapper json;
  private final MeterRegistry metrics;

  Guards(EdgeProperties properties, JsonMapper json, MeterRegistry metrics) {
    this.properties = properties;
    this.json = json;
    this.metrics = metrics;
  }

  void watch(ChannelPipeline pipeline) {
    if (pipeline.get(NettyPipeline.HttpCodec) != null) {
      add(pipeline);
    } else if (pipeline.get(SslHandler.class) != null) {
      pipeline.addLast(new AfterHandshake());
    }
  }

  private void add(ChannelPipeline pipeline) {
    pipeline.addAfter(
        NettyPipeline.HttpCodec, "plimsoll.malformed", new Malformed(json, this::count));
    pipeline.addAfter(NettyPipeline.HttpCodec, "plimsoll.turns", new Turns());
    Deadlines.watch(
        pipeline, NettyPipeline.HttpCodec, properties.headTimeout(), properties.bodyTimeout());
  }

  private void count(Problem problem) {
    Counter.builder("plimsoll.gateway.malformed")
        .description("Connections closed because what came was no request")
        .tag("status", Integer.toString(problem.status()))
        .register(metrics)
        .increment();
  }

  /// With TLS the client chooses the protocol in the handshake.
  private final class AfterHandshake extends ChannelInboundHandlerAdapter {

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof SslHandshakeCompletionEvent) {
        if (context.pipeline().get(NettyPipeline.HttpCodec) != null) {
          add(context.pipeline());
        }
        context.pipeline().remove(this);
      }
      context.fireUserEventTriggered(event);
    }
  }
}
