package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/// Reads the answers of a service. What it sends beside them (a body with an answer to `HEAD`, more
/// than it announced) is nobody's, and the last that is read of its connection: the next caller
/// would get it as the beginning of his answer.
final class AnswerDecoder extends HttpResponseDecoder {

  private final Line line;

  AnswerDecoder(HttpDecoderConfig config, Line line) {
    super(config);
    this.line = line;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    if (!line.expects()) {
      in.skipBytes(in.readableBytes());
      var _ = context.close();
      return;
    }
    super.decode(context, in, out);
    if (in.isReadable()
        && !out.isEmpty()
        && out.getLast() instanceof LastHttpContent
        && !(out.getFirst() instanceof HttpResponse head && isInformational(head))) {
      line.surplus();
    }
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    return (line.headOnly() && message instanceof HttpResponse head && !isInformational(head))
        || super.isContentAlwaysEmpty(message);
  }

  private static boolean isInformational(HttpResponse head) {
    return head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
  }
}
