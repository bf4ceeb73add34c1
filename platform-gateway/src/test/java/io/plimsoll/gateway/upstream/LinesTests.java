package io.plimsoll.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Who gets a connection when there are not enough.
class LinesTests {

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(3, LocalIoHandler.newFactory());
  private final EventLoop one = loops.next();
  private final EventLoop another = loops.next();
  private final EventLoop third = loops.next();
  private final LocalAddress address = new LocalAddress(LinesTests.class);
  private final AtomicInteger dialled = new AtomicInteger();

  private static final class Asker implements Lines.Asker {

    private final CompletableFuture<Line> line = new CompletableFuture<>();
    private volatile boolean wants = true;

    @Override
    public boolean wants() {
      return wants;
    }

    @Override
    public void got(Line got) {
      line.complete(got);
    }

    @Override
    public void gotNone(@Nullable Throwable cause) {
      line.completeExceptionally(new IllegalStateException("none", cause));
    }

    Line get() throws Exception {
      return line.get(10, TimeUnit.SECONDS);
    }
  }

  @BeforeEach
  void listen() {
    new ServerBootstrap()
        .group(loops)
        .channel(LocalServerChannel.class)
        .childHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {}
            })
        .bind(address)
        .syncUninterruptibly();
  }

  @AfterEach
  void stop() {
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private Lines.Pool pool(int most) {
    return new Lines.Pool(most, this::dial);
  }

  private Future<Channel> dial(EventLoop loop, Line line) {
    dialled.incrementAndGet();
    Promise<Channel> ready = loop.newPromise();
    new Bootstrap()
        .group(loop)
        .channel(LocalChannel.class)
        .handler(line)
        .connect(address)
        .addListener((ChannelFuture connected) -> ready.setSuccess(connected.channel()));
    return ready;
  }

  private static Asker ask(Lines.Pool pool, EventLoop loop) throws Exception {
    Asker asker = new Asker();
    on(loop, () -> pool.on(loop).ask(asker));
    return asker;
  }

  private static void on(EventLoop loop, Runnable action) throws Exception {
    loop.submit(action).get(10, TimeUnit.SECONDS);
  }

  @Test
  void passesOverWhoDoesNotWaitAnyMore() throws Exception {
    Lines.Pool pool = pool(1);
    Line line = ask(pool, one).get();
    Asker left = ask(pool, one);
    Asker next = ask(pool, one);
    left.wants = false;
    on(one, () -> pool.on(one).giveBack(line));
    assertThat(next.get()).isSameAs(line);
    assertThat(left.line).isNotDone();
  }

  @Test
  void keepsWhatWasDialledForSomebodyWhoLeft() throws Exception {
    Lines.Pool pool = pool(1);
    Asker left = new Asker();
    left.wants = false;
    on(one, () -> pool.on(one).ask(left));
    on(one, () -> {}); // the connection is there
    Asker next = ask(pool, one);
    assertThat(next.get().channel().isActive()).isTrue();
    assertThat(dialled).hasValue(1);
    assertThat(left.line).isNotDone();
  }

  @Test
  void takesThePlaceOfWhatAnotherLoopDoesNotUse() throws Exception {
    Lines.Pool pool = pool(3);
    Line first = ask(pool, one).get();
    Line second = ask(pool, one).get();
    ask(pool, another).get();
    on(one, () -> pool.on(one).giveBack(first)); // idle there
    assertThat(ask(pool, another).get().channel().isActive()).isTrue();
    Asker waits = ask(pool, another);
    on(one, () -> pool.on(one).giveBack(second)); // not kept
    assertThat(waits.get().channel().isActive()).isTrue();
    assertThat(second.channel().isActive()).isFalse();
  }

  /// A loop whose own line served who waited there hands room on.
  @Test
  void doesNotKeepRoomFromThoseWhoStillWait() throws Exception {
    Lines.Pool pool = pool(3);
    Line own = ask(pool, one).get();
    Line anothers = ask(pool, another).get();
    ask(pool, third).get();
    Asker served = ask(pool, one);
    Asker waits = ask(pool, third);
    on(one, () -> pool.on(one).giveBack(own));
    assertThat(served.get()).isSameAs(own);
    on(another, () -> pool.on(another).giveBack(anothers));
    assertThat(waits.get().channel().isActive()).isTrue();
  }

  /// Nor does it have others give up what nobody needs any more.
  @Test
  void keepsWhatNobodyWaitsForAnyMore() throws Exception {
    Lines.Pool pool = pool(2);
    Line own = ask(pool, one).get();
    Line anothers = ask(pool, another).get();
    Asker served = ask(pool, one);
    on(one, () -> pool.on(one).giveBack(own));
    assertThat(served.get()).isSameAs(own);
    on(another, () -> pool.on(another).giveBack(anothers));
    assertThat(ask(pool, another).get()).isSameAs(anothers);
  }
}
