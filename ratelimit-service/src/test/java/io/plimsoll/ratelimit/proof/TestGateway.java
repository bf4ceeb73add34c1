package io.plimsoll.ratelimit.proof;

import io.plimsoll.ratelimit.TestGateways;
import io.plimsoll.ratelimit.client.Balance;
import io.plimsoll.ratelimit.client.Decision;
import io.plimsoll.ratelimit.client.HttpTransport;
import io.plimsoll.ratelimit.client.LeaseSettings;
import io.plimsoll.ratelimit.client.Leases;
import io.plimsoll.ratelimit.client.Subject;
import io.plimsoll.ratelimit.client.Transport;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// A gateway's half, with a line to the service that can be cut and can misbehave, and threads that
/// ask as fast as they are let.
final class TestGateway implements AutoCloseable {

  private static final LeaseSettings SETTINGS = LeaseSettings.defaults();

  private final HttpTransport line;
  private final Admissions admissions;
  private final LongAdder admitted = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder unavailable = new LongAdder();
  private final AtomicInteger pending = new AtomicInteger();
  private final List<Thread> pressing = new CopyOnWriteArrayList<>();
  final Leases leases;

  /// No call arrives.
  volatile boolean cut;

  /// Every third call arrives twice, every fourth answer is lost.
  volatile boolean unsteady;

  /// How long a call takes on its way, and its answer again.
  volatile Duration distance = Duration.ZERO;

  private volatile boolean running = true;
  private int calls;

  TestGateway(URI service, Admissions admissions) {
    this(service, TestGateways::token, admissions);
  }

  TestGateway(URI service, Supplier<String> token, Admissions admissions) {
    this.line = new HttpTransport(service, token, Duration.ofSeconds(1));
    this.admissions = admissions;
    this.leases = Leases.start(this::exchange, SETTINGS);
    Awaitility.await().until(leases::ready);
  }

  private CompletionStage<Transport.Answer> exchange(
      String path, @Nullable String body, @Nullable String tag) {
    if (cut) {
      return CompletableFuture.failedStage(new IOException("cut"));
    }
    CompletionStage<Transport.Answer> answer =
        distance.isZero()
            ? line.exchange(path, body, tag)
            : there().thenCompose(_ -> line.exchange(path, body, tag)).thenCompose(this::back);
    if (!unsteady || body == null) {
      return answer;
    }
    int call = ++calls;
    if (call % 3 == 0) {
      line.exchange(path, body, tag);
    }
    return call % 4 == 0
        ? answer.thenCompose(_ -> CompletableFuture.failedStage(new IOException("lost")))
        : answer;
  }

  private CompletionStage<Void> there() {
    return CompletableFuture.runAsync(
        () -> {}, CompletableFuture.delayedExecutor(distance.toNanos(), TimeUnit.NANOSECONDS));
  }

  private CompletionStage<Transport.Answer> back(Transport.Answer answer) {
    return there().thenApply(_ -> answer);
  }

  /// Asks once; the answer is counted when it comes.
  void ask(Subject subject) {
    ask(subject, admissions);
  }

  private void ask(Subject subject, Admissions counted) {
    long from = System.nanoTime();
    pending.incrementAndGet();
    Decision now = leases.admit(subject, later -> count(later, counted, from));
    if (now != null) {
      count(now, counted, from);
    }
  }

  /// Asks once, and waits for the decision.
  Decision decide(Subject subject) {
    return leases.admit(subject).toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private void count(Decision decision, Admissions counted, long from) {
    switch (decision) {
      case Decision.Admitted _ -> {
        admitted.increment();
        counted.add(from, System.nanoTime());
      }
      case Decision.Refused refusal -> (refusal.unavailable() ? unavailable : refused).increment();
    }
    pending.decrementAndGet();
  }

  /// Threads that ask without end, `pause` apart.
  TestGateway press(Subject subject, int threads, Duration pause) {
    return press(subject, admissions, threads, pause);
  }

  /// @param counted gets what is admitted of these
  TestGateway press(Subject subject, Admissions counted, int threads, Duration pause) {
    for (int i = 0; i < threads; i++) {
      pressing.add(
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    while (running) {
                      if (pending.get() < 20) {
                        ask(subject, counted);
                      }
                      LockSupport.parkNanos(pause.toNanos());
                    }
                  }));
    }
    return this;
  }

  long admitted() {
    return admitted.sum();
  }

  long refused() {
    return refused.sum();
  }

  long unavailable() {
    return unavailable.sum();
  }

  /// Stops asking; returns when everything is decided.
  void rest() {
    running = false;
    // one may be about to ask
    Awaitility.await().until(() -> pressing.stream().noneMatch(Thread::isAlive));
    Awaitility.await().until(() -> pending.get() == 0);
  }

  Balance balance(String limit) {
    return leases.balances().stream()
        .filter(balance -> balance.limit().equals(limit))
        .findFirst()
        .orElseThrow();
  }

  /// As kill -9: nothing is given back.
  void kill() {
    cut = true;
    running = false;
    close();
  }

  @Override
  public void close() {
    running = false;
    leases.close();
    line.close();
  }
}
