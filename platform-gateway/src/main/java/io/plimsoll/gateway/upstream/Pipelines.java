package io.plimsoll.gateway.upstream;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import java.util.List;

/// Leaves a connection to one handler.
final class Pipelines {

  private Pipelines() {}

  /// Removes every handler but TLS and this one, which gets what they have read and not handed on.
  static void leaveTo(ChannelPipeline pipeline, ChannelHandler stays) {
    List<ChannelHandler> before = List.copyOf(pipeline.toMap().values());
    pipeline.addLast(stays);
    // the last first, so that none hands anything on to another that goes too
    for (ChannelHandler handler : before.reversed()) {
      if (!(handler instanceof SslHandler)) {
        pipeline.remove(handler);
      }
    }
  }
}
