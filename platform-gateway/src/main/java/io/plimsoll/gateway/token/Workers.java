package io.plimsoll.gateway.token;

import io.plimsoll.gateway.answer.Problem;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Where signatures are made and checked: a JDK's ES256 takes 400 us, and on an event loop each
/// would hold up every connection of that loop. The queue is bounded; who finds no place is told to
/// come back.
public final class Workers implements AutoCloseable {

  private final ThreadPoolExecutor pool;
  private final Scheduler scheduler;

  Workers(int threads, int queue) {
    int size = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    pool =
        new ThreadPoolExecutor(
            size,
            size,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(queue),
            Thread.ofPlatform().daemon().name("crypto-", 0).factory());
    pool.allowCoreThreadTimeOut(true);
    scheduler = Schedulers.fromExecutorService(pool);
  }

  /// The result of `work`, done by a worker; or an error with 503 `busy`.
  public <T> Mono<T> run(Callable<T> work) {
    return Mono.fromCallable(work)
        .subscribeOn(scheduler)
        .onErrorMap(
            RejectedExecutionException.class,
            e ->
                Problem.unavailable("busy", "Too many new tokens at once; repeat the request.")
                    .exception());
  }

  int queued() {
    return pool.getQueue().size();
  }

  @Override
  public void close() {
    scheduler.dispose();
    pool.shutdownNow();
  }
}
