package io.plimsoll.subscriptions.feed;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Shares reads between those who ask for the same at the same time, without ever answering with a
/// read that began before the question: who comes while one is under way waits for the next.
public final class SingleFlight<K, V> {

  private final Executor executor;
  private final Function<K, V> read;
  private final Map<K, Flight<V>> flights = new HashMap<>();

  public SingleFlight(Executor executor, Function<K, V> read) {
    this.executor = executor;
    this.read = read;
  }

  /// The result of a read that begins after this call.
  public CompletableFuture<V> get(K key) {
    Flight<V> mine = new Flight<>();
    synchronized (flights) {
      Flight<V> current = flights.get(key);
      if (current != null) {
        if (current.next == null) {
          current.next = mine;
        }
        return current.next.result;
      }
      flights.put(key, mine);
    }
    start(key, mine);
    return mine.result;
  }

  private void start(K key, Flight<V> flight) {
    executor.execute(
        () -> {
          V value = null;
          Throwable failure = null;
          try {
            value = read.apply(key);
          } catch (Throwable e) {
            failure = e;
          }
          takeOff(key, flight);
          if (failure != null) {
            flight.result.completeExceptionally(failure);
          } else {
            flight.result.complete(value);
          }
        });
  }

  private void takeOff(K key, Flight<V> landed) {
    Flight<V> next;
    synchronized (flights) {
      next = landed.next;
      if (next == null) {
        flights.remove(key);
      } else {
        flights.put(key, next);
      }
    }
    if (next != null) {
      start(key, next);
    }
  }

  private static final class Flight<V> {

    final CompletableFuture<V> result = new CompletableFuture<>();
    @Nullable Flight<V> next;
  }
}
