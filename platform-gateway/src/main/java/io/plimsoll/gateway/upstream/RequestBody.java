package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.ReadTimeoutException;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.call.Call;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.netty.channel.AbortedException;
import reactor.util.context.Context;

/// A request's body, limited whether or not its length was announced. A small one is held and can
/// be sent again; a larger one passes through once.
final class RequestBody {

  private static final byte[] NONE = {};

  private static final Problem FULL =
      Problem.unavailable("busy", "Too much of this address is held; repeat the request.");

  /// Bytes that a body gets at first: what is announced may never come.
  private static final int FIRST = 1 << 10;

  /// A client can do wrong more often than once: what comes after the end interests nobody.
  private static final Context SILENT =
      Context.of("reactor.onErrorDropped.local", (Consumer<Throwable>) _ -> {});

  private final Call call;

  /// Bytes that pass at most.
  private final long limit;

  /// Whether just so many pass.
  private final boolean announced;

  private byte @Nullable [] held;
  private @Nullable Collecting collected;
  private boolean started;
  private boolean complete;
  private @Nullable Passing passing;

  private RequestBody(
      Call call,
      long limit,
      boolean announced,
      byte @Nullable [] held,
      @Nullable Collecting collected) {
    this.call = call;
    this.limit = limit;
    this.announced = announced;
    this.held = held;
    this.collected = collected;
    this.complete = held != null;
  }

  /// Reads a body that is to be held, and looks at what is announced of others.
  ///
  /// @param ready is called at once where there is nothing to wait for
  /// @param refused is told why it can't be had
  static void read(
      Call call,
      UpstreamProperties properties,
      Consumer<RequestBody> ready,
      Consumer<ProblemException> refused) {
    long limit = properties.bodyLimit().toBytes();
    long length = announced(call);
    boolean chunked = call.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
    if (length > limit) {
      refused.accept(tooLarge(limit));
    } else if (length <= 0 && !chunked) {
      ready.accept(new RequestBody(call, limit, false, NONE, null));
    } else if (length > properties.replayLimit().toBytes()) {
      ready.accept(new RequestBody(call, length, true, null, null));
    } else {
      int most = (int) (length >= 0 ? length : properties.replayLimit().toBytes());
      call.body()
          .subscribe(
              new Collecting(
                  call,
                  properties.sendTimeout().toNanos(),
                  limit,
                  most,
                  length >= 0,
                  ready,
                  refused));
    }
  }

  /// Announced bytes of one that passes; -1 when none were.
  long length() {
    return announced ? limit : -1;
  }

  private static long announced(Call call) {
    String length = call.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    try {
      return length == null ? -1 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return -1; // no decoder lets it pass
    }
  }

  boolean empty() {
    return held != null && held.length == 0;
  }

  /// Whether it passes through.
  boolean passes() {
    return held == null;
  }

  /// All of it; null when it passes through.
  @Nullable ByteBuf whole() {
    return held == null
        ? null
        : held.length == 0 ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(held);
  }

  /// Whether it can be sent (again).
  boolean available() {
    return held != null || !started;
  }

  /// Whether the client has sent all of it.
  boolean complete() {
    return complete;
  }

  /// Sends it in parts as they come, no faster than the service takes them.
  ///
  /// @param sent runs after the last part
  /// @param refused is told why it was cut short
  void pass(Channel service, Runnable sent, Consumer<ProblemException> refused) {
    started = true;
    passing = new Passing(service, sent, refused);
    if (collected == null) {
      call.body().subscribe(passing);
    } else {
      collected.goOnWith(passing);
    }
  }

  /// The service can take more.
  void goOn() {
    if (passing != null) {
      passing.goOn();
    }
  }

  /// No more of it is wanted.
  void stop() {
    if (passing != null) {
      passing.stop();
    }
  }

  /// It is not sent again, and not kept for that.
  void forget() {
    stop();
    held = null;
    collected = null;
  }

  /// Why it is not there yet; null when the client has sent all that it was asked for.
  @Nullable ProblemException late() {
    return passing == null || passing.over || !passing.asked
        ? null
        : problem(call, ReadTimeoutException.INSTANCE);
  }

  private static @Nullable ProblemException problem(Call call, Throwable thrown) {
    if (!call.isOver() && !call.isBegun()) {
      call.closeAfterwards(); // the rest of it can't be told from a next request
    }
    if (isLate(thrown)) {
      return Problem.of(408, "body-timeout", "The body did not come in time.").exception();
    }
    // the client left, which its connection tells
    return thrown instanceof AbortedException ? null : bad();
  }

  private static boolean isLate(Throwable thrown) {
    return thrown instanceof ReadTimeoutException || thrown instanceof TimeoutException;
  }

  private static ProblemException bad() {
    return Problem.of(400, "bad-body", "The body can't be read.").exception();
  }

  private static ProblemException notTaken() {
    return Problem.of(504, "timeout", "The service did not take the body in time.")
        .retryAfter(1)
        .exception();
  }

  private static ProblemException tooLarge(long limit) {
    return Problem.of(413, "body-too-large", "A body may have " + limit + " bytes.").exception();
  }

  /// Collects a body until it ends, or is more than is held: then it passes through, with what is
  /// there first.
  private static final class Collecting implements CoreSubscriber<Object> {

    private final Call call;
    private final long patience;
    private final long limit;
    private final int most;
    private final boolean announced;
    private final Consumer<RequestBody> ready;
    private final Consumer<ProblemException> refused;
    private byte[] bytes;
    private int filled;
    private @Nullable Subscription client;
    private boolean overflowed;
    private @Nullable Passing next;
    private boolean ended;
    private @Nullable Throwable failure;
    private boolean givenUp;

    /// @param patience nanoseconds for all of it
    /// @param most bytes that are held
    /// @param announced whether it has so many, and no more come
    Collecting(
        Call call,
        long patience,
        long limit,
        int most,
        boolean announced,
        Consumer<RequestBody> ready,
        Consumer<ProblemException> refused) {
      this.call = call;
      this.patience = patience;
      this.limit = limit;
      this.most = most;
      this.announced = announced;
      this.ready = ready;
      this.refused = refused;
      this.bytes = new byte[Math.min(most, FIRST)];
    }

    @Override
    public Context currentContext() {
      return SILENT;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      client = subscription;
      subscription.request(announced ? Long.MAX_VALUE : 1);
    }

    @Override
    public void onNext(Object message) {
      if (next != null) {
        next.onNext(message);
        return;
      }
      if (givenUp) {
        return;
      }
      if (System.nanoTime() - call.start() >= patience) {
        giveUp(Objects.requireNonNull(problem(call, ReadTimeoutException.INSTANCE)));
        return;
      }
      if (message instanceof HttpContent content) {
        ByteBuf part = content.content();
        int length = part.readableBytes();
        if (announced) {
          length = Math.min(length, most - filled);
        }
        if (filled + length > bytes.length) {
          int more = Math.max(filled + length, 2 * bytes.length);
          if (!call.hold(more - bytes.length)) {
            call.closeAfterwards();
            giveUp(FULL.exception());
            return;
          }
          bytes = Arrays.copyOf(bytes, more);
        }
        part.getBytes(part.readerIndex(), bytes, filled, length);
        filled += length;
        call.read(length);
      }
      if (filled > most) {
        overflowed = true;
        ready.accept(new RequestBody(call, limit, false, null, this));
      } else if (!announced) {
        Objects.requireNonNull(client).request(1);
      }
    }

    private void giveUp(ProblemException problem) {
      givenUp = true;
      Objects.requireNonNull(client).cancel();
      refused.accept(problem);
    }

    /// Hands over what was collected, and all that comes.
    void goOnWith(Passing passing) {
      next = passing;
      passing.begin(Objects.requireNonNull(client), Arrays.copyOf(bytes, filled));
      if (failure != null) {
        passing.onError(failure);
      } else if (ended) {
        passing.onComplete();
      }
    }

    @Override
    public void onError(Throwable thrown) {
      if (next != null) {
        next.onError(thrown);
      } else if (overflowed) {
        failure = thrown;
      } else if (!givenUp) {
        ProblemException problem = problem(call, thrown);
        if (problem != null) {
          refused.accept(problem);
        }
      }
    }

    @Override
    public void onComplete() {
      if (next != null) {
        next.onComplete();
      } else if (overflowed) {
        ended = true;
      } else if (!givenUp) {
        ready.accept(
            new RequestBody(
                call,
                limit,
                false,
                filled == bytes.length ? bytes : Arrays.copyOf(bytes, filled),
                null));
      }
    }
  }

  /// Takes a body to a service.
  private final class Passing implements CoreSubscriber<Object> {

    private final Channel service;
    private final Runnable sent;
    private final Consumer<ProblemException> refused;
    private @Nullable Subscription client;
    private long passed;
    private boolean asked;
    private boolean over;

    Passing(Channel service, Runnable sent, Consumer<ProblemException> refused) {
      this.service = service;
      this.sent = sent;
      this.refused = refused;
    }

    @Override
    public Context currentContext() {
      return SILENT;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      client = subscription;
      goOn();
    }

    /// With a beginning that has come already.
    private void begin(Subscription subscription, byte[] first) {
      passed = first.length;
      if (passed > limit) {
        over = true;
        subscription.cancel();
        refused.accept(tooLarge(limit));
        return;
      }
      client = subscription; // the write may say at once that there is room for more
      var _ = service.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(first)));
      goOn();
    }

    private void goOn() {
      if (!over && !asked && service.isWritable()) {
        asked = true;
        Objects.requireNonNull(client).request(1);
      }
    }

    private void stop() {
      if (!over) {
        over = true;
        Objects.requireNonNull(client).cancel();
      }
    }

    @Override
    public void onNext(Object message) {
      asked = false;
      if (over || !(message instanceof HttpContent content)) {
        return;
      }
      ByteBuf part = content.content();
      passed += part.readableBytes();
      call.read(part.readableBytes());
      if (passed > limit) {
        stop();
        refused.accept(announced ? bad() : tooLarge(limit));
        return;
      }
      var _ = service.writeAndFlush(new DefaultHttpContent(part.retain()));
      goOn();
    }

    @Override
    public void onError(Throwable thrown) {
      if (!over) {
        over = true;
        ProblemException problem = problem(call, thrown);
        if (problem != null) {
          boolean service = isLate(thrown) && !asked; // which has taken nothing for so long
          refused.accept(service ? notTaken() : problem);
        }
      }
    }

    @Override
    public void onComplete() {
      complete = true;
      if (over) {
        return;
      }
      over = true;
      // whoever decoded it has counted too, but all callers share the connection
      if (announced && passed < limit) {
        refused.accept(bad());
      } else {
        var _ = service.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        sent.run();
      }
    }
  }
}
