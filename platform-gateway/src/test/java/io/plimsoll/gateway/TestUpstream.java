package io.plimsoll.gateway;

import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/// A service behind the gateway, on a port of its own, that does what a test tells it.
final class TestUpstream implements AutoCloseable {

  /// What arrived.
  record Seen(String method, String uri, io.netty.handler.codec.http.HttpHeaders headers) {}

  private final DisposableServer server;
  private final LoopResources loops = LoopResources.create("upstream", 1, true);
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private volatile BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> behaviour =
      TestUpstream::hello;

  TestUpstream() {
    this(0);
  }

  TestUpstream(int port) {
    server =
        HttpServer.create()
            .host("127.0.0.1")
            .port(port)
            // a gateway that closes takes the process's shared loops with it
            .runOn(loops)
            .doOnConnection(connection -> connections.add(connection.channel()))
            .handle(
                (request, response) -> {
                  seen.add(
                      new Seen(
                          request.method().name(), request.uri(), request.requestHeaders().copy()));
                  return behaviour.apply(request, response);
                })
            .bindNow();
  }

  static Publisher<Void> hello(HttpServerRequest request, HttpServerResponse response) {
    return response.header("Content-Type", "text/plain").sendString(Mono.just("hello"));
  }

  void answer(BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> behaviour) {
    this.behaviour = behaviour;
  }

  List<Seen> seen() {
    return seen;
  }

  void reset() {
    seen.clear();
    behaviour = TestUpstream::hello;
  }

  int port() {
    return server.port();
  }

  String url() {
    return "http://127.0.0.1:" + port();
  }

  @Override
  public void close() {
    server.disposeNow();
    connections.close().awaitUninterruptibly();
    loops.dispose();
  }
}
