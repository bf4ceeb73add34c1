package io.plimsoll.gateway.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.netty.resources.LoopResources;

/// Connections to the services, by how an answer is waited for. Streams and long polls hold theirs
/// for long, and uploads as long as their clients take, so none shares a pool with ordinary
/// requests. All of them are made on the client's event loop.
final class Clients implements AutoCloseable {

  private static final HttpDecoderConfig DECODER =
      new HttpDecoderConfig().setMaxHeaderSize(32 << 10);

  /// Bytes that the system takes from a service before it is read. When the service closes, epoll's
  /// channels read all of it, whether or not they are to ([Netty,
  /// AbstractEpollChannel](https://github.com/netty/netty/blob/4.2/transport-classes-epoll/src/main/java/io/netty/channel/epoll/AbstractEpollChannel.java),
  /// `epollRdHupReady`): by itself the system would take megabytes for a client that is slower.
  private static final int RECEIVED = 64 << 10;

  private final UpstreamProperties properties;
  private final LoopResources loops;
  private final Map<Instance, Lines.Pool> ordinary = new ConcurrentHashMap<>();
  private final Map<Instance, Lines.Pool> uploads = new ConcurrentHashMap<>();
  private final Map<Instance, Lines.Pool> waiting = new ConcurrentHashMap<>();
  private volatile @Nullable AddressResolverGroup<InetSocketAddress> names;
  private volatile @Nullable SslContext ssl;

  /// @param loops the server's own
  Clients(UpstreamProperties properties, LoopResources loops) {
    this.properties = properties;
    this.loops = loops;
  }

  /// One of the loops, for whoever has no client.
  EventLoop loop() {
    return loops.onServer(LoopResources.DEFAULT_NATIVE).next();
  }

  /// Gives a connection to an instance, on this loop.
  void ask(Instance instance, Patience patience, EventLoop loop, Lines.Asker asker) {
    switch (patience) {
      case ORDINARY -> lines(ordinary, instance, loop, properties.connections()).ask(asker);
      case UPLOAD -> lines(uploads, instance, loop, properties.connections()).ask(asker);
      case LONG_POLL -> lines(waiting, instance, loop, Integer.MAX_VALUE).ask(asker);
      case STREAM -> {
        // a stream ends by closing, so there is nothing to keep
        Line line = new Line(null);
        dial(instance, loop, line)
            .addListener(
                dialled -> {
                  if (!dialled.isSuccess()) {
                    asker.gotNone(dialled.cause());
                  } else if (asker.wants()) {
                    asker.got(line);
                  } else {
                    line.abandon();
                  }
                });
      }
    }
  }

  private Lines lines(
      Map<Instance, Lines.Pool> pools, Instance instance, EventLoop loop, int most) {
    Lines.Pool pool = pools.get(instance);
    if (pool == null) {
      pool =
          pools.computeIfAbsent(
              instance, _ -> new Lines.Pool(most, (on, line) -> dial(instance, on, line)));
    }
    return pool.on(loop);
  }

  private Future<Channel> dial(Instance instance, EventLoop loop, Line line) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(loops.onChannelClass(SocketChannel.class, loop))
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) properties.connectTimeout().toMillis())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_RCVBUF, RECEIVED)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) throws SSLException {
                    if (instance.secure()) {
                      channel.pipeline().addLast(secured(channel, instance));
                    }
                    channel
                        .pipeline()
                        .addLast(new AnswerDecoder(DECODER, line), new HttpRequestEncoder(), line);
                  }
                });
    InetSocketAddress address = address(instance);
    if (address.isUnresolved()) {
      bootstrap.resolver(names(loop));
    }
    Promise<Channel> ready = loop.newPromise();
    bootstrap
        .connect(address)
        .addListener(
            (ChannelFuture connected) -> {
              if (!connected.isSuccess()) {
                ready.setFailure(connected.cause());
                return;
              }
              SslHandler tls = connected.channel().pipeline().get(SslHandler.class);
              if (tls == null) {
                ready.setSuccess(connected.channel());
              } else {
                tls.handshakeFuture()
                    .addListener(
                        shaken -> {
                          if (shaken.isSuccess()) {
                            ready.setSuccess(connected.channel());
                          } else {
                            ready.setFailure(shaken.cause());
                          }
                        });
              }
            });
    return ready;
  }

  private static InetSocketAddress address(Instance instance) {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(instance.hostName());
    if (literal == null) {
      return InetSocketAddress.createUnresolved(instance.hostName(), instance.port());
    }
    try {
      return new InetSocketAddress(InetAddress.getByAddress(literal), instance.port());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has 4 or 16 bytes", e);
    }
  }

  /// Names are looked up without holding the loop up.
  private synchronized AddressResolverGroup<InetSocketAddress> names(EventLoop loop) {
    AddressResolverGroup<InetSocketAddress> group = names;
    if (group == null) {
      group =
          new DnsAddressResolverGroup(
              new DnsNameResolverBuilder()
                  .datagramChannelType(loops.onChannelClass(DatagramChannel.class, loop)));
      names = group;
    }
    return group;
  }

  private SslHandler secured(Channel channel, Instance instance) throws SSLException {
    SslContext context = ssl;
    if (context == null) {
      context = SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS").build();
      ssl = context;
    }
    SslHandler handler = context.newHandler(channel.alloc(), instance.hostName(), instance.port());
    handler.setHandshakeTimeoutMillis(properties.connectTimeout().toMillis());
    return handler;
  }

  /// The connections themselves end with their loops.
  @Override
  public void close() {
    AddressResolverGroup<InetSocketAddress> group = names;
    if (group != null) {
      group.close();
    }
  }
}
