package io.plimsoll.subscriptions.stream;

import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.Follower;
import io.plimsoll.subscriptions.feed.Frame;
import io.plimsoll.subscriptions.feed.TestFeeds;
import io.plimsoll.subscriptions.feed.TopicFeed;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.stream.Entrance.Entered;
import io.plimsoll.subscriptions.stream.StreamRequest.From;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionOperations;

/// A subscriber within the process that does on a thread what a stream does on its event loop:
/// enters, writes what follows its position, verifies it when nothing does.
final class Reader implements Follower, AutoCloseable {

  private final Entrance entrance;
  private final TopicStream stream;
  private final Semaphore news = new Semaphore(0);
  private final Thread thread;
  private final List<Frame> seen = new ArrayList<>();
  private final List<Position> lost = new ArrayList<>();
  private Position start;
  private Position at;
  private volatile boolean closed;
  private volatile boolean voided;
  private volatile @Nullable TopicFeed following;
  private volatile @Nullable RuntimeException failure;

  static Entrance entrance(EventLog log, Feeds feeds) {
    Snapshots snapshots =
        new Snapshots(log, _ -> "{}", TransactionOperations.withoutTransaction(), feeds);
    return new Entrance(feeds, TestFeeds.OPEN, snapshots);
  }

  Reader(Entrance entrance, Topic topic, Position from) {
    this.entrance = entrance;
    this.stream = TopicStream.of(topic, "reader", null);
    this.start = from;
    this.at = from;
    this.thread = Thread.ofVirtual().start(this::run);
  }

  private void run() {
    boolean first = true;
    while (!closed) {
      try {
        follow(enter(first));
        first = false;
      } catch (StreamProblem e) {
        if (e.reason() == StreamProblem.Cause.LOST) {
          first = true; // ended, it comes back
        } else {
          LockSupport.parkNanos(1_000_000); // the log is away
        }
      } catch (RuntimeException e) {
        failure = e;
        return;
      }
    }
  }

  private Entered enter(boolean first) {
    Position from;
    synchronized (this) {
      from = at;
    }
    Entered entered =
        first
            ? entrance.enter(stream, new From.At(from), true)
            : entrance.enterAgain(stream, from, true);
    synchronized (this) {
      if (!entered.at().equals(at)) {
        lost.add(at);
        seen.clear();
        start = entered.at();
        at = entered.at();
      }
    }
    return entered;
  }

  /// Until nothing follows the position any more.
  private void follow(Entered entered) {
    TopicFeed feed = entered.feed();
    following = feed;
    voided = false;
    if (!feed.follow(this)) {
      return;
    }
    try {
      while (!closed) {
        news.drainPermits();
        if (voided) {
          return;
        }
        Position head = feed.head();
        if (at.offset() < head.offset()) {
          List<Frame> frames = entrance.frames(feed, at.offset(), 400);
          if (voided || frames.isEmpty() || !frames.getFirst().follows(at)) {
            return;
          }
          synchronized (this) {
            seen.addAll(frames);
            at = frames.getLast().position();
          }
        } else if (at.equals(head)) {
          news.acquireUninterruptibly();
        } else {
          return;
        }
      }
    } finally {
      feed.unfollow(this);
    }
  }

  @Override
  public void advanced() {
    news.release();
  }

  @Override
  public void voided() {
    voided = true;
    news.release();
  }

  @Override
  public void ephemeral(String type, Instant time, String data) {}

  synchronized Position at() {
    return at;
  }

  synchronized Position start() {
    return start;
  }

  /// What was read since the start or the last reset.
  synchronized List<Frame> seen() {
    return List.copyOf(seen);
  }

  /// The positions that were found lost.
  synchronized List<Position> lost() {
    return List.copyOf(lost);
  }

  @Override
  public String toString() {
    return "reader at %s of %s, lost %s".formatted(at(), following, lost());
  }

  /// What should not have happened; null if nothing did.
  @Nullable RuntimeException failure() {
    return failure;
  }

  @Override
  public void close() {
    closed = true;
    news.release();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
