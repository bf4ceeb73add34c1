package io.plimsoll.gateway.worker;

import io.netty.util.concurrent.EventExecutor;
import io.plimsoll.gateway.answer.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// Where signatures are made and checked: a JDK's ES256 takes 400 us, and on an event loop each
/// would hold up every connection of that loop. The queue is bounded; who finds no place is told to
/// come back.
///
/// On Linux they stand back behind the event loops, which serve everybody. While there is more to
/// do, results are handed over together: a loop that goes before the workers would otherwise wake
/// up for each of them.
public final class Workers implements AutoCloseable {

  /// By so much: a third of a loop's weight (sched(7)), so that loops without rest don't starve
  /// them.
  static final int NICE = 5;

  /// No result waits longer than that, and the work that was begun meanwhile, for others.
  private static final Duration TOGETHER = Duration.ofNanos(500_000);

  private static final Logger log = LoggerFactory.getLogger(Workers.class);

  private final BlockingQueue<Runnable> queue;
  private final Duration together;
  private final List<Worker> workers;
  private volatile boolean closed;

  /// Some that have begun.
  ///
  /// @param threads how many; 0 for one per processor
  /// @param queue what may wait for them
  public Workers(int threads, int queue) {
    this(threads, queue, TOGETHER);
  }

  Workers(int threads, int queue, Duration together) {
    this.queue = new ArrayBlockingQueue<>(queue);
    this.together = together;
    int size = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    workers = IntStream.range(0, size).mapToObj(Worker::new).toList();
    workers.forEach(Thread::start);
  }

  /// The result of `work`, done by a worker; or an error with 503 `busy`.
  ///
  /// @param work of the processor alone: other results may wait for its end
  public <T> Mono<T> run(Callable<T> work) {
    return Mono.create(
        result -> {
          if (closed || !queue.offer(() -> tell(work, result))) {
            result.error(
                Problem.unavailable("busy", "Too many new tokens at once; repeat the request.")
                    .exception());
          }
        });
  }

  private static <T> void tell(Callable<T> work, MonoSink<T> result) {
    T made;
    try {
      made = work.call();
    } catch (Throwable e) {
      result.error(e);
      return;
    }
    result.success(made);
  }

  /// Whether a worker is at work here.
  public static boolean isHere() {
    return Thread.currentThread() instanceof Worker;
  }

  /// Has a loop run something: at once, or with other results of the worker whose thread this is.
  public static void handOver(EventExecutor loop, Runnable action) {
    if (Thread.currentThread() instanceof Worker worker) {
      worker.keep(loop, action);
    } else {
      loop.execute(action);
    }
  }

  /// How many wait.
  public int queued() {
    return queue.size();
  }

  @Override
  public void close() {
    closed = true;
    workers.forEach(Thread::interrupt);
  }

  private final class Worker extends Thread {

    private final Map<EventExecutor, List<Runnable>> done = new LinkedHashMap<>();
    private long first;

    Worker(int number) {
      super("crypto-" + number);
      setDaemon(true);
    }

    @Override
    public void run() {
      Priority.lower(Priority.THIS_THREAD, NICE);
      while (!closed) {
        try {
          Runnable work = queue.poll();
          if (work == null) {
            handOver();
            work = queue.take();
          }
          work.run();
          if (!done.isEmpty() && System.nanoTime() - first > together.toNanos()) {
            handOver();
          }
        } catch (InterruptedException _) {
          // the end
        } catch (Throwable e) {
          log.error("A worker could not tell what it has done", e);
        }
      }
      handOver();
    }

    private void keep(EventExecutor loop, Runnable action) {
      if (done.isEmpty()) {
        first = System.nanoTime();
      }
      done.computeIfAbsent(loop, _ -> new ArrayList<>()).add(action);
    }

    private void handOver() {
      done.forEach(
          (loop, actions) -> {
            try {
              loop.execute(() -> runAll(loop, actions.iterator()));
            } catch (RejectedExecutionException _) {
              // it has ended, and its connections with it
            }
          });
      done.clear();
    }

    /// One that fails is the loop's to report, and costs the others nothing.
    private static void runAll(EventExecutor loop, Iterator<Runnable> actions) {
      try {
        while (actions.hasNext()) {
          actions.next().run();
        }
      } finally {
        if (actions.hasNext()) {
          loop.execute(() -> runAll(loop, actions));
        }
      }
    }
  }
}
