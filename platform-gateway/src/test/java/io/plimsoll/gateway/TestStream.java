package io.plimsoll.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Sinks;
import reactor.netty.Connection;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/// An event stream of a [TestUpstream], written by the test.
final class TestStream {

  private final Sinks.Many<ByteBuf> bytes = Sinks.many().unicast().onBackpressureBuffer();
  private final CountDownLatch opened = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable Connection connection;

  Publisher<Void> serve(HttpServerRequest request, HttpServerResponse response) {
    response.withConnection(
        found -> {
          connection = found;
          found.channel().closeFuture().addListener(_ -> closed.countDown());
        });
    opened.countDown();
    return response
        .header("Content-Type", "text/event-stream")
        .header("Cache-Control", "no-cache, no-transform")
        .sendHeaders()
        .send(bytes.asFlux(), _ -> true);
  }

  void write(String text) {
    bytes.tryEmitNext(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8))).orThrow();
  }

  /// Writes this again and again until something waits for the client to read it.
  void writeUntilUnread(TestGateway gateway, String text) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(3))
        .until(
            () -> {
              write(text);
              return gateway.gauge("plimsoll.gateway.memory.bytes") > 0;
            });
  }

  void writeIfOpen(String text) {
    var _ = bytes.tryEmitNext(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
  }

  void finish() {
    bytes.tryEmitComplete().orThrow();
  }

  /// Closes the connection without an end.
  void breakOff() {
    var _ = Objects.requireNonNull(connection).channel().close();
  }

  boolean opened() throws InterruptedException {
    return opened.await(10, TimeUnit.SECONDS);
  }

  boolean closed() throws InterruptedException {
    return closed.await(10, TimeUnit.SECONDS);
  }
}
