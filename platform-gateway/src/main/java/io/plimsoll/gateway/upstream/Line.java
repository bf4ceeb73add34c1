package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One connection to an instance: carries one request after another, each with its answer. Last
/// handler of its pipeline, and confined to its event loop.
///
/// It has one timer, which is moved when it fires and not with every request.
final class Line extends ChannelInboundHandlerAdapter {

  /// Who has sent a request and waits for what becomes of it. After [#ended] or [#failed] the line
  /// is not his any more.
  interface User {

    /// The head of the answer.
    void head(HttpResponse head);

    /// A part of its body, to be released by the user.
    void part(ByteBuf bytes);

    /// There is nothing more to read at the moment.
    void paused();

    /// The answer was whole.
    void ended();

    /// There will be no answer, or no more of it.
    void failed(Throwable cause);

    /// The request's body may go on, if [Channel#isWritable] says so.
    void writabilityChanged();
  }

  private static final long NONE = Long.MAX_VALUE;

  private final @Nullable Lines home;
  private @Nullable ChannelHandlerContext context;
  private @Nullable User user;
  private boolean skipping;
  private boolean sent;
  private boolean keep;
  private boolean headOnly;
  private boolean surplus;
  private boolean gone;
  private boolean aside;
  private long due = NONE;
  private long timerAt;
  private @Nullable Future<?> timer;

  /// @param home where it goes between two requests; null for one that is used once
  Line(@Nullable Lines home) {
    this.home = home;
  }

  Channel channel() {
    return context().channel();
  }

  private ChannelHandlerContext context() {
    return Objects.requireNonNull(context);
  }

  /// Belongs to `next` from now on.
  ///
  /// @param method of his request
  void use(User next, HttpMethod method) {
    user = next;
    headOnly = HttpMethod.HEAD.equals(method);
    surplus = false;
    sent = false;
    keep = false;
    due = NONE;
  }

  /// Whether an answer may come.
  boolean expects() {
    return user != null;
  }

  /// Whether it has no body, whatever its head says.
  boolean headOnly() {
    return headOnly;
  }

  /// There is more than the answer, which the next user would take for a part of his.
  void surplus() {
    surplus = true;
  }

  /// Whether this is the first to say that it takes no place any more.
  boolean markGone() {
    boolean first = !gone;
    gone = true;
    return first;
  }

  /// The whole request was written.
  void sent() {
    sent = true;
  }

  /// The user is told of a time-out unless this is called again within `limit`.
  void within(Duration limit) {
    due = System.nanoTime() + limit.toNanos();
    if (timer == null || timerAt - due > 0) {
      schedule();
    }
  }

  /// The user is told of no time-out until [#within] is called again.
  void unlimited() {
    due = NONE;
  }

  /// Its client is slow: it makes room for another, and closes after this answer.
  void stepAside() {
    aside = true;
    leaveHome();
  }

  private void leaveHome() {
    if (home != null) {
      home.gone(this);
    }
  }

  boolean isAside() {
    return aside;
  }

  private void schedule() {
    if (timer != null) {
      timer.cancel(false);
    }
    timerAt = due;
    timer =
        context()
            .executor()
            .schedule(this::fired, timerAt - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private void fired() {
    timer = null;
    if (due == NONE) {
      return;
    }
    if (due - System.nanoTime() > 0) {
      schedule();
    } else {
      fail(ReadTimeoutException.INSTANCE);
    }
  }

  /// Closes it; its user is told nothing.
  void abandon() {
    user = null;
    close();
  }

  /// The user leaves HTTP and goes on with the channel itself, which takes no other's place any
  /// more.
  Channel leave() {
    user = null;
    stopTimer();
    leaveHome();
    return channel();
  }

  private void fail(Throwable cause) {
    User told = user;
    user = null;
    close();
    if (told != null) {
      told.failed(cause);
    }
  }

  private void close() {
    stopTimer();
    var _ = channel().close();
  }

  private void stopTimer() {
    due = NONE;
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext read, Object message) {
    if (user == null) {
      ReferenceCountUtil.release(message);
      close(); // an answer to no question, or to one that was given up
      return;
    }
    if (message instanceof HttpObject object && object.decoderResult().isFailure()) {
      ReferenceCountUtil.release(message);
      fail(object.decoderResult().cause());
      return;
    }
    if (message instanceof HttpResponse head) {
      if (head.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
        fail(new IllegalStateException("changes the protocol, which nobody asked for"));
        return;
      }
      skipping = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
      keep = HttpUtil.isKeepAlive(head);
      User told = user;
      if (!skipping && told != null) {
        told.head(head);
      }
    }
    if (message instanceof HttpContent content) {
      content(content);
    }
  }

  private void content(HttpContent content) {
    User told = user;
    if (told == null || skipping) {
      content.release();
      return;
    }
    if (content.content().isReadable()) {
      told.part(content.content());
    } else {
      content.release();
    }
    if (content instanceof LastHttpContent && told.equals(user)) {
      user = null;
      due = NONE;
      boolean done = false;
      try {
        told.ended();
        done = true;
      } finally {
        goHome(done && keep && sent && !surplus && !aside);
      }
    }
  }

  private void goHome(boolean reusable) {
    if (reusable && home != null && channel().isActive()) {
      channel().config().setAutoRead(true);
      home.giveBack(this);
    } else {
      close();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext read) {
    if (user != null) {
      user.paused();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext changed) {
    if (user != null) {
      user.writabilityChanged();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext inactive) {
    leaveHome();
    fail(new ClosedChannelException());
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext caught, Throwable cause) {
    fail(cause);
  }
}
