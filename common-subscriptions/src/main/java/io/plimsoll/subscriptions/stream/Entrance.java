package io.plimsoll.subscriptions.stream;

import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.StreamRules.Ends;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.Feeds.Joined;
import io.plimsoll.subscriptions.feed.Feeds.Segment;
import io.plimsoll.subscriptions.feed.Frame;
import io.plimsoll.subscriptions.feed.LogUnavailableException;
import io.plimsoll.subscriptions.feed.TopicFeed;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.stream.Snapshots.Snapshot;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import io.plimsoll.subscriptions.stream.StreamRequest.From;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Where a subscriber starts: the feed it joins and the position, verified against the primary's
/// head, from which frames are its own. Blocks; virtual threads only.
public final class Entrance {

  private static final int READ_SECONDS = 5;
  private static final int MAX_ASKING = 4;
  private static final int SCAN_BYTES = 64 << 10;

  private final Feeds feeds;
  private final StreamRules rules;
  private final Snapshots snapshots;

  /// A topic made private asks for each of its subscribers.
  private final Semaphore asking = new Semaphore(MAX_ASKING);

  private final LongAdder lost = new LongAdder();

  public Entrance(Feeds feeds, StreamRules rules, Snapshots snapshots) {
    this.feeds = feeds;
    this.rules = rules;
    this.snapshots = snapshots;
  }

  /// @param head the topic's row, read during the request
  /// @param at where the frames start
  /// @param before events to write first; empty for none
  record Entered(TopicFeed feed, Head head, Position at, String before) {}

  /// Enters for the first time; makes the topic if there is none.
  Entered enter(TopicStream stream, From from, boolean resetIfLost) {
    return enter(stream, from, resetIfLost, true, false);
  }

  /// Goes on from where it entered before in the same request: where the topic is gone, to the
  /// event that says so. A topic that is gone without one may have been undone: its position is
  /// lost.
  Entered goOn(TopicStream stream, Entered from) {
    try {
      return enter(stream, new From.At(from.at()), false, false, false);
    } catch (StreamProblem problem) {
      boolean astray = problem.reason() == Cause.DELETED || problem.reason() == Cause.LOST;
      if (astray && hasMore(stream.topic(), from)) {
        return from;
      }
      throw astray ? positionLost() : problem;
    }
  }

  /// Whether a topic that the name leads to no more has events after that.
  private boolean hasMore(Topic topic, Entered from) {
    try {
      Joined named = feeds.join(topic, false).orElse(null);
      return (named == null || named.feed().id() != from.feed().id())
          && feeds.reachByItself(from.feed())
          && !from.at().equals(from.feed().head());
    } catch (LogUnavailableException e) {
      throw new StreamProblem(Cause.UNAVAILABLE, "the event log does not answer", e);
    }
  }

  /// Enters again because the history in which the position was reached has been undone, or may
  /// have been.
  Entered enterAgain(TopicStream stream, Position at, boolean resetIfLost) {
    return enter(stream, new From.At(at), resetIfLost, false, true);
  }

  private Entered enter(
      TopicStream stream, From from, boolean resetIfLost, boolean first, boolean askForAccess) {
    Topic topic = stream.topic();
    try {
      // where there is no topic no position is of it, and none is made to say so
      boolean create = first && (resetIfLost || !(from instanceof From.At));
      Joined joined =
          create
              ? joinOrMake(stream)
              : feeds.join(topic, false).orElseThrow(() -> first ? positionLost() : gone());
      Head head = joined.head();
      return switch (from) {
        case From.Start() ->
            new Entered(joined.feed(), head, new Position(head.floor() - 1, head.floorTag()), "");
        case From.Now() -> {
          mustRead(stream);
          yield new Entered(joined.feed(), head, head.position(), "");
        }
        case From.Snapshot() -> snapshot(stream, joined, "");
        case From.At(Position at) -> {
          Verdict verdict = verify(joined, at);
          if (verdict == Verdict.OF_THE_LOG) {
            if (askForAccess) {
              mustRead(stream); // what gave access may have been undone with the rest
            }
            yield new Entered(joined.feed(), head, at, "");
          }
          if (verdict == Verdict.NOT_OF_THE_FEED && feeds.contradicts(joined.feed(), at)) {
            yield enter(stream, from, resetIfLost, first, askForAccess);
          }
          lost.increment();
          boolean fellBehind = !first && at.offset() < head.floor() - 1;
          if (!resetIfLost || fellBehind) {
            throw positionLost();
          }
          yield snapshot(stream, joined, Wire.reset("lost"));
        }
      };
    } catch (LogUnavailableException e) {
      throw new StreamProblem(Cause.UNAVAILABLE, "the event log does not answer", e);
    }
  }

  /// Where there is no topic there may have been one when the request was authorized: what is gone
  /// is not made again.
  private Joined joinOrMake(TopicStream stream) {
    Joined known = feeds.join(stream.topic(), false).orElse(null);
    if (known != null) {
      return known;
    }
    mustRead(stream);
    Joined made = feeds.join(stream.topic(), true).orElseThrow();
    mustRead(stream); // gone in between
    return made;
  }

  private static StreamProblem gone() {
    return new StreamProblem(Cause.DELETED, "the topic is gone");
  }

  private static StreamProblem positionLost() {
    return new StreamProblem(
        Cause.LOST,
        "the events after this position are no longer, or never were, in the log"
            + " (expected: to take a snapshot, offset=snapshot, and go on from there)");
  }

  private Entered snapshot(TopicStream stream, Joined joined, String before) {
    Snapshot snapshot = state(stream, joined);
    Position at = snapshot.position();
    Joined reached = joined;
    if (!at.equals(joined.head().position())) {
      // it may be ahead of the feed, and what is ahead may be undone before the feed hears of it
      reached = feeds.join(stream.topic(), false).orElseThrow(Entrance::gone);
      Verdict verdict = verify(reached, at);
      if (verdict != Verdict.OF_THE_LOG) {
        if (verdict == Verdict.NOT_OF_THE_FEED) {
          var _ = feeds.contradicts(reached.feed(), at);
        }
        return snapshot(stream, reached, before);
      }
    }
    return new Entered(
        reached.feed(), reached.head(), at, before + Wire.snapshot(at, snapshot.data()));
  }

  /// The state alone, for a JSON answer.
  Snapshot snapshot(TopicStream stream) {
    try {
      return state(stream, joinOrMake(stream));
    } catch (LogUnavailableException e) {
      throw new StreamProblem(Cause.UNAVAILABLE, "the event log does not answer", e);
    }
  }

  private Snapshot state(TopicStream stream, Joined joined) {
    Snapshot snapshot;
    try {
      snapshot = snapshots.get(stream.topic(), joined.head().position());
    } catch (StreamProblem e) {
      mustRead(stream); // what has no state may be what is not there any more
      throw e;
    }
    mustRead(stream);
    return snapshot;
  }

  /// Who does not start from a position passes over events, and a removal since the request was
  /// authorized may be among them. Asked once the position is known: a removal after the answer
  /// comes after the position.
  void mustRead(TopicStream stream) {
    var _ = stream.enter(); // nobody whom the product does not know reads
    if (!mayRead(stream)) {
      throw new StreamProblem(Cause.NO_ACCESS, "there is no such topic");
    }
  }

  private boolean mayRead(TopicStream stream) {
    asking.acquireUninterruptibly();
    try {
      return rules.mayRead(stream.topic(), stream.subscriber());
    } catch (RuntimeException e) {
      throw new StreamProblem(Cause.UNAVAILABLE, "access could not be checked", e);
    } finally {
      asking.release();
    }
  }

  StreamRules rules() {
    return rules;
  }

  /// Whether the subscriber may read the topic no longer, though no event of the topic after this
  /// position says so.
  boolean isShutOut(TopicStream stream, TopicFeed feed, Position at) {
    if (mayRead(stream)) {
      return false;
    }
    Joined joined;
    try {
      joined = feeds.join(stream.topic(), false).orElse(null);
    } catch (LogUnavailableException e) {
      throw new StreamProblem(Cause.UNAVAILABLE, "the event log does not answer", e);
    }
    if (joined == null || joined.feed().id() != feed.id()) {
      return false; // the topic is gone, which its feed tells
    }
    long after = at.offset();
    while (after < joined.head().offset()) {
      List<Frame> frames = frames(joined.feed(), after, SCAN_BYTES);
      if (frames.isEmpty()) {
        return true;
      }
      for (Frame frame : frames) {
        if (frame.ends() != null && ends(frame, stream) != null) {
          return false;
        }
        after = frame.offset();
      }
    }
    return true;
  }

  /// Whether delivering this frame ends the subscriber's stream.
  ///
  /// @return null if it goes on
  @Nullable Ending ends(Frame frame, TopicStream stream) {
    return switch (frame.ends()) {
      case null -> null;
      case Ends.NoOne() -> null;
      case Ends.Everyone() -> Ending.DELETED;
      case Ends.Subscribers(var ids) ->
          ids.contains(stream.subscriber()) && !mayRead(stream) ? Ending.ACCESS_REMOVED : null;
      case Ends.EveryoneWithoutAccess() -> mayRead(stream) ? null : Ending.ACCESS_REMOVED;
    };
  }

  private enum Verdict {
    OF_THE_LOG,
    LOST,
    /// Either lost, or the feed's frames are not the log's any more: only the primary may judge.
    NOT_OF_THE_FEED
  }

  /// Whether this position is one of the log's.
  private Verdict verify(Joined joined, Position at) {
    Head head = joined.head();
    if (at.offset() > head.offset() || at.offset() < head.floor() - 1) {
      return Verdict.LOST;
    }
    if (at.offset() == head.offset()) {
      return at.tag() == head.tag() ? Verdict.OF_THE_LOG : Verdict.LOST;
    }
    if (at.offset() == head.floor() - 1 && at.tag() != head.floorTag()) {
      return Verdict.LOST;
    }
    // at the floor too: a segment may be of a log that had been trimmed further and went back
    List<Frame> next = frames(joined.feed(), at.offset(), 1);
    return !next.isEmpty() && next.getFirst().follows(at)
        ? Verdict.OF_THE_LOG
        : Verdict.NOT_OF_THE_FEED;
  }

  /// Frames after this offset, from the ring or a segment: some, unless there are none.
  List<Frame> frames(TopicFeed feed, long after, int maxBytes) {
    List<Frame> newest = feed.newest(after, maxBytes);
    if (newest != null) {
      return newest;
    }
    try {
      List<Frame> older = older(feed, after);
      // it may have been read for others before the feed came so far
      return older.isEmpty() && after < feed.head().offset() ? older(feed, after) : older;
    } catch (ExecutionException | TimeoutException e) {
      throw new StreamProblem(Cause.UNAVAILABLE, "the event log does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StreamProblem(Cause.UNAVAILABLE, "interrupted", e);
    }
  }

  private List<Frame> older(TopicFeed feed, long after)
      throws ExecutionException, TimeoutException, InterruptedException {
    Segment segment = feeds.older(feed, after).get(READ_SECONDS, TimeUnit.SECONDS);
    return segment.after(after);
  }

  /// Positions found lost.
  public long lost() {
    return lost.sum();
  }
}
