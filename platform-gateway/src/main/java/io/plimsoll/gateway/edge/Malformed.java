package io.plimsoll.gateway.edge;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.request.RequestIds;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// Answers what is no HTTP request, or could be read in two ways, or has a head that is too long,
/// with a problem, and closes: where the next request would begin nobody knows. It stands just
/// after the HTTP codec, for the server would answer by itself.
final class Malformed extends ChannelDuplexHandler {

  /// For the client to read the answer: a connection that is closed with bytes unread is reset.
  private static final int LINGER_SECONDS = 1;

  /// What a host and a port have beside letters and digits (RFC 3986, section 3.2).
  private static final String HOST_MARKS = "._~!$&'()*+,;=:[]%-";

  private final JsonMapper json;
  private final Consumer<Problem> answered;
  private boolean begun;
  private boolean over;

  Malformed(JsonMapper json, Consumer<Problem> answered) {
    this.json = json;
    this.answered = answered;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (over) {
      ReferenceCountUtil.release(message);
      return;
    }
    Problem problem = message instanceof HttpObject object ? problem(object) : null;
    if (problem == null) {
      context.fireChannelRead(message);
      return;
    }
    ReferenceCountUtil.release(message);
    over = true;
    if (begun) {
      var _ = context.close(); // an answer here would be taken for a part of the one under way
    } else {
      answer(context, problem);
    }
  }

  private static @Nullable Problem problem(HttpObject object) {
    if (object.decoderResult().isFailure()) {
      return object instanceof HttpRequest
          ? problem(object.decoderResult().cause())
          : Problem.of(400, "bad-body", "The chunks of the body make no sense.");
    }
    return object instanceof HttpRequest request ? problem(request) : null;
  }

  /// What servers behind one another could understand in different ways ([RFC
  /// 9112](https://www.rfc-editor.org/rfc/rfc9112), sections 2.3, 3.2 and 6.1).
  private static @Nullable Problem problem(HttpRequest request) {
    boolean old = HttpVersion.HTTP_1_0.equals(request.protocolVersion());
    if (!old && !HttpVersion.HTTP_1_1.equals(request.protocolVersion())) {
      return Problem.of(400, "bad-request", "Send HTTP/1.1.");
    }
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1
        || (hosts.isEmpty() && !old)
        || (hosts.size() == 1 && !isHost(hosts.getFirst()))) {
      return Problem.of(400, "bad-request", "Send one Host.");
    }
    List<String> codings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    return codings.isEmpty()
            || (codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked"))
        ? null
        : Problem.of(400, "bad-request", "Send no transfer coding but chunked.");
  }

  /// Whether it is a host, perhaps with a port, without user information.
  static boolean isHost(String host) {
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!plain && HOST_MARKS.indexOf(c) < 0) {
        return false;
      }
    }
    if (host.startsWith("[")) {
      int end = host.indexOf(']');
      return end > 0 && host.lastIndexOf('[') == 0 && isPort(host, end + 1);
    }
    int colon = host.indexOf(':');
    return host.indexOf('[') < 0
        && host.indexOf(']') < 0
        && isPort(host, colon < 0 ? host.length() : colon);
  }

  /// Whether there is nothing, or a colon and a port.
  private static boolean isPort(String host, int from) {
    if (from == host.length()) {
      return true;
    }
    int port = 0;
    for (int i = from + 1; i < host.length() && port <= 65_535; i++) {
      char c = host.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = 10 * port + c - '0';
    }
    return host.charAt(from) == ':' && port <= 65_535;
  }

  private static Problem problem(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return Problem.of(414, "target-too-long", "The request's first line is too long.");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return Problem.of(431, "head-too-large", "The request's headers are too long.");
    }
    return Problem.of(400, "bad-request", "This is no HTTP request.");
  }

  private void answer(ChannelHandlerContext context, Problem problem) {
    byte[] body = problem.body(json);
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(problem.status()),
            Unpooled.wrappedBuffer(body));
    HttpHeaders headers = response.headers();
    headers.set(HttpHeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE);
    headers.setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set(RequestIds.HEADER, RequestIds.next());
    answered.accept(problem);
    Channel channel = context.channel();
    channel.config().setAutoRead(true); // the rest is read and dropped
    context
        .writeAndFlush(response)
        .addListener(
            _ -> {
              if (channel instanceof DuplexChannel duplex
                  && channel.pipeline().get(SslHandler.class) == null) {
                var _ = duplex.shutdownOutput();
              }
              var _ =
                  context
                      .executor()
                      .schedule(
                          () -> {
                            var _ = channel.close();
                          },
                          LINGER_SECONDS,
                          TimeUnit.SECONDS);
            });
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (over) {
      // it would follow the answer that was given here
      ReferenceCountUtil.release(message);
      promise.trySuccess();
      return;
    }
    boolean informational =
        message instanceof HttpResponse head
            && head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (!informational && message instanceof HttpResponse) {
      begun = true;
    }
    if (!informational && message instanceof LastHttpContent) {
      begun = false;
    }
    var _ = context.write(message, promise);
  }
}
