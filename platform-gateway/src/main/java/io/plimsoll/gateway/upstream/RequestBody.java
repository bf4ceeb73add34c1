package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.timeout.ReadTimeoutException;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A request's body, limited whether or not its length was announced. A small one is held and can
/// be sent again; a larger one passes through once.
final class RequestBody {

  private static final byte[] NONE = {};

  private final byte @Nullable [] held;
  private final Flux<ByteBuf> passing;
  private volatile boolean started;
  private volatile @Nullable ProblemException refused;

  private RequestBody(byte @Nullable [] held, ServerHttpRequest request, long limit) {
    this.held = held;
    long[] passed = {0};
    Flux<ByteBuf> limited =
        request
            .getBody()
            .map(NettyDataBufferFactory::toByteBuf)
            .handle(
                (part, sink) -> {
                  passed[0] += part.readableBytes();
                  if (passed[0] > limit) {
                    part.release();
                    sink.error(tooLarge(limit).exception());
                  } else {
                    sink.next(part);
                  }
                });
    this.passing =
        limited
            .onErrorMap(ReadTimeoutException.class, _ -> tooSlow())
            .doOnError(ProblemException.class, problem -> refused = problem);
  }

  static Mono<RequestBody> of(ServerHttpRequest request, UpstreamProperties properties) {
    long limit = properties.bodyLimit().toBytes();
    long length = request.getHeaders().getContentLength();
    if (length > limit) {
      return Mono.error(tooLarge(limit).exception());
    }
    if (length <= 0 && !request.getHeaders().containsHeader("Transfer-Encoding")) {
      return Mono.just(new RequestBody(NONE, request, limit));
    }
    if (length >= 0 && length <= properties.replayLimit().toBytes()) {
      return DataBufferUtils.join(request.getBody())
          .map(
              joined -> {
                byte[] bytes = new byte[joined.readableByteCount()];
                joined.read(bytes);
                DataBufferUtils.release(joined);
                return new RequestBody(bytes, request, limit);
              })
          .onErrorMap(ReadTimeoutException.class, _ -> tooSlow())
          .defaultIfEmpty(new RequestBody(NONE, request, limit));
    }
    return Mono.just(new RequestBody(null, request, limit));
  }

  boolean empty() {
    return held != null && held.length == 0;
  }

  /// Whether it can be sent (again).
  boolean available() {
    return held != null || !started;
  }

  /// Why the client's body was cut short, if it was.
  @Nullable ProblemException refused() {
    return refused;
  }

  Flux<ByteBuf> send() {
    if (held != null) {
      byte[] bytes = held;
      return Flux.defer(() -> Flux.just(Unpooled.wrappedBuffer(bytes)));
    }
    return Flux.defer(
        () -> {
          started = true;
          return passing;
        });
  }

  private static ProblemException tooSlow() {
    return Problem.of(408, "body-timeout", "The body did not come in time.").exception();
  }

  private static Problem tooLarge(long limit) {
    return Problem.of(413, "body-too-large", "A body may have " + limit + " bytes.");
  }
}
