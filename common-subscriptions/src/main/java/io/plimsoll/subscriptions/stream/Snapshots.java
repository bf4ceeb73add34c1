package io.plimsoll.subscriptions.stream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.SnapshotSource;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.SingleFlight;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.transaction.support.TransactionOperations;

/// Topics' states at a position: position and state are read in one repeatable-read transaction,
/// once for all who ask at a time, and kept a few seconds for those who ask at the same position.
public final class Snapshots {

  /// UTF-16 units of state kept; a thousand returning clients of one topic need one state.
  private static final long KEPT = 16 << 20;

  private static final int READ_SECONDS = 10;

  private final Cache<Topic, Snapshot> recent =
      Caffeine.newBuilder()
          .maximumWeight(KEPT)
          .weigher((Topic _, Snapshot snapshot) -> 64 + snapshot.data().length())
          .expireAfterWrite(Duration.ofSeconds(5))
          .build();

  private final SingleFlight<Topic, Snapshot> flights;

  /// @param transactions read-only, repeatable read
  public Snapshots(
      EventLog log, SnapshotSource source, TransactionOperations transactions, Feeds feeds) {
    flights =
        new SingleFlight<>(
            feeds::read,
            topic -> {
              Snapshot snapshot =
                  transactions.execute(
                      _ -> {
                        Head head =
                            log.find(topic)
                                .orElseThrow(
                                    () -> new StreamProblem(Cause.DELETED, "the topic is gone"));
                        return new Snapshot(head.position(), source.snapshot(topic));
                      });
              if (snapshot == null) {
                throw new IllegalStateException("no snapshot");
              }
              if (source.followsEvents(topic)) {
                recent.put(topic, snapshot);
              }
              return snapshot;
            });
  }

  /// The topic's state, at this position or a later one.
  Snapshot get(Topic topic, Position head) {
    Snapshot kept = recent.getIfPresent(topic);
    if (kept != null && kept.position().equals(head)) {
      return kept;
    }
    try {
      return flights.get(topic).get(READ_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StreamProblem problem) {
        throw problem;
      }
      throw new StreamProblem(Cause.UNAVAILABLE, "the state could not be read", e.getCause());
    } catch (TimeoutException e) {
      throw new StreamProblem(Cause.UNAVAILABLE, "the state could not be read in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StreamProblem(Cause.UNAVAILABLE, "interrupted", e);
    }
  }

  record Snapshot(Position position, String data) {}
}
