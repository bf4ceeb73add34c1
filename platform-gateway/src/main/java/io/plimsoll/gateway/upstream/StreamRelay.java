package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.plimsoll.gateway.answer.StreamEnd;
import io.plimsoll.gateway.revocation.Bearer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/// One open stream between a service and a client: bytes as they come, as fast as the client takes
/// them, until somebody ends it.
///
/// Whoever ends it on purpose does so at a frame boundary: if the stream is not at one, the bytes
/// up to the next pass first. If none comes soon the client's connection is closed instead; an
/// event inside another event would be read as part of it, and an `EventSource` comes back from a
/// broken connection just as well. A stream whose service broke off is closed in the same way.
///
/// All signals of the service's side, and every decision, happen on one event loop, the one of its
/// connection; demand and the client's leaving arrive from elsewhere.
final class StreamRelay implements CoreSubscriber<ByteBuf>, Subscription {

  /// How long a frame boundary, and a client's readiness for one more frame, are waited for.
  private static final Duration GRACE = Duration.ofMillis(100);

  /// What may end a stream besides its two parties.
  ///
  /// @param silence longest time without a byte
  /// @param end when the credential that opened it ends; null for never
  /// @param endFrame what is said then
  /// @param single the ticket that may open one stream at a time; null for a token
  /// @param bearer whose it is, to be ended when he is revoked; null on a public path
  record Terms(
      Duration silence,
      @Nullable Duration end,
      String endFrame,
      @Nullable String single,
      @Nullable Bearer bearer) {}

  private final CoreSubscriber<? super ByteBuf> client;
  private final EventLoop loop;
  private final Runnable cut;
  private final OpenStreams open;
  private final Terms terms;
  private final FrameTracker frames = new FrameTracker();
  private final AtomicLong demand = new AtomicLong();
  private final List<Future<?>> timers = new ArrayList<>(3);

  private @Nullable Subscription service;
  private volatile @Nullable String ending;
  private volatile boolean done;
  private long lastBytes = System.nanoTime();

  private StreamRelay(
      CoreSubscriber<? super ByteBuf> client,
      EventLoop loop,
      Runnable cut,
      OpenStreams open,
      Terms terms) {
    this.client = client;
    this.loop = loop;
    this.cut = cut;
    this.open = open;
    this.terms = terms;
  }

  /// @param service the stream's bytes, retained, signalled on `loop`
  /// @param cut closes the client's connection at once
  static Flux<ByteBuf> relay(
      Flux<ByteBuf> service, EventLoop loop, Runnable cut, OpenStreams open, Terms terms) {
    return new Flux<>() {
      @Override
      public void subscribe(CoreSubscriber<? super ByteBuf> client) {
        service.subscribe(new StreamRelay(client, loop, cut, open, terms));
      }
    };
  }

  Terms terms() {
    return terms;
  }

  @Override
  public Context currentContext() {
    return client.currentContext();
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    service = subscription;
    open.add(this);
    onLoop(
        () -> {
          checkSilence();
          if (terms.end() != null) {
            after(terms.end(), () -> beginEnd(terms.endFrame()));
          }
        });
    client.onSubscribe(this);
  }

  @Override
  public void onNext(ByteBuf bytes) {
    if (done) {
      bytes.release();
      return;
    }
    lastBytes = System.nanoTime();
    if (demand.get() != Long.MAX_VALUE) {
      demand.decrementAndGet();
    }
    String end = ending;
    if (end == null) {
      frames.advance(bytes);
      client.onNext(bytes);
      return;
    }
    int boundary = frames.advanceToBoundary(bytes);
    if (boundary < 0) {
      client.onNext(bytes);
      return;
    }
    // both in one buffer, for no more than one was asked for
    bytes.writerIndex(boundary);
    finish(Unpooled.wrappedBuffer(bytes, buffer(end)));
  }

  @Override
  public void onError(Throwable thrown) {
    breakOff();
  }

  @Override
  public void onComplete() {
    if (close()) {
      client.onComplete();
    }
  }

  @Override
  public void request(long n) {
    demand.accumulateAndGet(n, Operators::addCap);
    Objects.requireNonNull(service).request(n);
    if (ending != null) {
      onLoop(this::endAtBoundary);
    }
  }

  /// The client left: the service learns it at once.
  @Override
  public void cancel() {
    if (close()) {
      Objects.requireNonNull(service).cancel();
    }
  }

  /// Ends the stream with `frame`, soon; from any thread.
  void end(String frame) {
    onLoop(() -> beginEnd(frame));
  }

  private void beginEnd(String frame) {
    if (done || ending != null) {
      return;
    }
    ending = frame;
    after(GRACE, this::breakOff);
    endAtBoundary();
  }

  private void endAtBoundary() {
    String end = ending;
    if (end != null && !done && frames.atBoundary() && demand.get() > 0) {
      finish(buffer(end));
    }
  }

  private void finish(ByteBuf last) {
    if (close()) {
      Objects.requireNonNull(service).cancel();
      client.onNext(last);
      client.onComplete();
    } else {
      last.release();
    }
  }

  /// Without a completion signal: it would end the answer cleanly, and the client would believe a
  /// half frame.
  private void breakOff() {
    if (close()) {
      Objects.requireNonNull(service).cancel();
      cut.run();
    }
  }

  private void checkSilence() {
    if (done) {
      return;
    }
    long now = System.nanoTime();
    if (demand.get() == 0) {
      lastBytes = now; // it is the client that doesn't listen
    }
    long left = terms.silence().toNanos() - (now - lastBytes);
    if (left <= 0) {
      beginEnd(StreamEnd.reconnect("unavailable"));
    } else {
      after(Duration.ofNanos(left), this::checkSilence);
    }
  }

  /// Whether this call closed it.
  private synchronized boolean close() {
    if (done) {
      return false;
    }
    done = true;
    timers.forEach(timer -> timer.cancel(false));
    open.remove(this);
    return true;
  }

  private void after(Duration delay, Runnable action) {
    Future<?> timer = loop.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    synchronized (this) {
      if (done) {
        timer.cancel(false);
      } else {
        timers.removeIf(Future::isDone);
        timers.add(timer);
      }
    }
  }

  private static ByteBuf buffer(String frame) {
    return Unpooled.wrappedBuffer(frame.getBytes(StandardCharsets.UTF_8));
  }

  private void onLoop(Runnable action) {
    if (loop.inEventLoop()) {
      action.run();
    } else {
      loop.execute(action);
    }
  }
}
