package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.plimsoll.ratelimit.client.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Calls to ratelimit-service over connections like those to the services, so that two a second
/// take no client of their own with its threads and its code that never gets warm. Of several
/// instances one is asked until a call to it comes to nothing; the next call goes to the next one.
final class RatelimitTransport implements Transport {

  /// Longest answer: policies of some ten thousand lines.
  private static final int LONGEST = 8 << 20;

  private final Clients clients;
  private final List<Instance> instances;
  private final AtomicInteger current = new AtomicInteger();
  private final Supplier<String> token;
  private final Duration timeout;

  /// @param token an internal token for ratelimit-service; asked for each call
  /// @param timeout of one call, once there is a connection
  RatelimitTransport(
      Clients clients, List<Instance> instances, Supplier<String> token, Duration timeout) {
    this.clients = clients;
    this.instances = List.copyOf(instances);
    this.token = token;
    this.timeout = timeout;
  }

  @Override
  public CompletionStage<Answer> exchange(
      String path, @Nullable String body, @Nullable String tag) {
    int asked = current.get();
    Exchange exchange =
        new Exchange(instances.get(asked), path, "Bearer " + token.get(), body, tag);
    EventLoop loop = clients.loop();
    loop.execute(() -> clients.ask(exchange.instance, Patience.ORDINARY, loop, exchange));
    return exchange.answer.whenComplete(
        (answer, _) -> {
          if (answer == null || !answer.isOfUse()) {
            current.compareAndSet(asked, (asked + 1) % instances.size());
          }
        });
  }

  private final class Exchange implements Lines.Asker, Line.User {

    private final Instance instance;
    private final String path;
    private final String bearer;
    private final @Nullable String body;
    private final @Nullable String tag;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private @Nullable Line line;
    private @Nullable HttpResponse head;

    Exchange(
        Instance instance,
        String path,
        String bearer,
        @Nullable String body,
        @Nullable String tag) {
      this.instance = instance;
      this.path = path;
      this.bearer = bearer;
      this.body = body;
      this.tag = tag;
    }

    @Override
    public boolean wants() {
      return true;
    }

    @Override
    public void got(Line got) {
      line = got;
      got.use(this, body == null ? HttpMethod.GET : HttpMethod.POST);
      got.within(timeout);
      HttpHeaders headers =
          new DefaultHttpHeaders()
              .set(HttpHeaderNames.HOST, instance.host())
              .set(HttpHeaderNames.AUTHORIZATION, bearer);
      ByteBuf content = Unpooled.EMPTY_BUFFER;
      if (body != null) {
        content = ByteBufUtil.writeUtf8(got.channel().alloc(), body);
        headers
            .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
            .set(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes());
      }
      if (tag != null) {
        headers.set(HttpHeaderNames.IF_NONE_MATCH, tag);
      }
      var _ =
          got.channel()
              .writeAndFlush(
                  new DefaultFullHttpRequest(
                      HttpVersion.HTTP_1_1,
                      body == null ? HttpMethod.GET : HttpMethod.POST,
                      instance.prefix() + path,
                      content,
                      headers,
                      EmptyHttpHeaders.INSTANCE),
                  got.channel().voidPromise());
      got.sent();
    }

    @Override
    public void gotNone(@Nullable Throwable cause) {
      answer.completeExceptionally(
          cause == null ? new IOException("all connections are in use") : cause);
    }

    @Override
    public void head(HttpResponse received) {
      head = received;
    }

    @Override
    public void part(ByteBuf part) {
      try {
        if (bytes.size() + part.readableBytes() <= LONGEST) {
          part.readBytes(bytes, part.readableBytes());
          return;
        }
      } catch (IOException e) {
        throw new AssertionError("into memory", e);
      } finally {
        part.release();
      }
      Objects.requireNonNull(line).abandon();
      answer.completeExceptionally(new IOException("an answer of over " + LONGEST + " bytes"));
    }

    @Override
    public void paused() {}

    @Override
    public void ended() {
      HttpResponse received = Objects.requireNonNull(head);
      answer.complete(
          new Answer(
              received.status().code(),
              bytes.toString(StandardCharsets.UTF_8),
              received.headers().get(HttpHeaderNames.ETAG)));
    }

    @Override
    public void failed(Throwable cause) {
      answer.completeExceptionally(cause);
    }

    @Override
    public void writabilityChanged() {}
  }
}
