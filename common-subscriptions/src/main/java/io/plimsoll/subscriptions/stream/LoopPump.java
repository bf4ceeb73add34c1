package io.plimsoll.subscriptions.stream;

import io.netty.buffer.ByteBuf;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.feed.Follower;
import io.plimsoll.subscriptions.feed.Frame;
import io.plimsoll.subscriptions.feed.TopicFeed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// All cursors of one feed on one event loop. However many events arrive while it writes, it runs
/// once more, and each cursor gets them in one write. What cursors at the same place are due is
/// encoded once.
final class LoopPump implements Follower {

  /// Encoded batches kept between runs: cursors stand at a few places, or are many that return.
  private static final int MAX_BATCHES = 64;

  private final TopicFeed feed;
  private final StreamLoop loop;
  private final Feeds feeds;
  private final int maxBytes;
  private final List<StreamChannel> cursors = new ArrayList<>();
  private final Map<Place, Batch> batches = new HashMap<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private @Nullable Place lastPlace;
  private @Nullable Batch lastBatch;
  private int version;

  LoopPump(TopicFeed feed, StreamLoop loop, Feeds feeds, int maxBytes) {
    this.feed = feed;
    this.loop = loop;
    this.feeds = feeds;
    this.maxBytes = maxBytes;
  }

  TopicFeed feed() {
    return feed;
  }

  void add(StreamChannel cursor) {
    cursor.place = cursors.size();
    cursors.add(cursor);
  }

  void remove(StreamChannel cursor) {
    StreamChannel last = cursors.removeLast();
    if (last != cursor) {
      last.place = cursor.place;
      cursors.set(cursor.place, last);
    }
    if (cursors.isEmpty()) {
      feed.unfollow(this);
      loop.remove(this);
      releaseBatches();
    }
  }

  @Override
  public void advanced() {
    if (scheduled.compareAndSet(false, true)) {
      loop.execute(this::pump);
    }
  }

  @Override
  public void voided() {
    loop.execute(() -> new ArrayList<>(cursors).forEach(StreamChannel::verify));
  }

  @Override
  public void ephemeral(String type, Instant time, String data) {
    loop.execute(
        () -> {
          if (cursors.isEmpty()) {
            return;
          }
          ByteBuf event = loop.chunk(Wire.ephemeral(type, time, data));
          for (int i = cursors.size() - 1; i >= 0; i--) {
            cursors.get(i).ephemeral(event);
          }
          event.release();
        });
  }

  private void pump() {
    scheduled.set(false);
    // backwards, because a cursor that ends leaves its place to the last one
    for (int i = cursors.size() - 1; i >= 0; i--) {
      if (i < cursors.size()) {
        StreamChannel cursor = cursors.get(i);
        try {
          cursor.pump();
        } catch (RuntimeException e) {
          cursor.failed(e);
        }
      }
    }
  }

  /// What a cursor at this position is to write next, the pump's own: retain it to write it.
  ///
  /// @param passed a frame that ends streams, but not this one; 0 for none
  Due due(Position at, long passed, long streamCursor) {
    if (version != feed.version()) {
      releaseBatches();
      version = feed.version();
    }
    Place place = new Place(at, passed, streamCursor);
    if (lastBatch != null && place.equals(lastPlace)) {
      return lastBatch;
    }
    Batch batch = batches.get(place);
    if (batch == null) {
      List<Frame> frames = feed.newest(at.offset(), maxBytes);
      if (frames == null) {
        CompletableFuture<Feeds.Segment> older = feeds.older(feed, at.offset());
        if (!older.isDone() || older.isCompletedExceptionally()) {
          return new Later(older);
        }
        frames = older.join().after(at.offset());
        if (frames.isEmpty()) {
          return new Broken();
        }
      }
      if (frames.isEmpty()) {
        return new Nothing();
      }
      Frame first = frames.getFirst();
      if (!first.follows(at)) {
        return new Broken();
      }
      if (first.ends() != null && first.offset() != passed) {
        return new Gate(first);
      }
      batch = batch(frames, streamCursor);
      if (batches.size() >= MAX_BATCHES) {
        releaseBatches();
      }
      batches.put(place, batch);
    }
    lastPlace = place;
    lastBatch = batch;
    return batch;
  }

  /// As many frames as go into one write; one that may end streams goes alone.
  private Batch batch(List<Frame> frames, long streamCursor) {
    int count = 0;
    int bytes = 0;
    for (Frame frame : frames) {
      bytes += frame.json().length;
      if (count > 0 && (bytes > maxBytes || frame.ends() != null)) {
        break;
      }
      count++;
      if (frame.ends() != null) {
        break;
      }
    }
    Position end = frames.get(count - 1).position();
    boolean atHead = end.equals(feed.head());
    return new Batch(
        Wire.events(loop.allocator(), frames, count, streamCursor, atHead), end, count);
  }

  private void releaseBatches() {
    batches.values().forEach(batch -> batch.bytes.release());
    batches.clear();
    lastPlace = null;
    lastBatch = null;
  }

  /// What is to be done for a cursor.
  sealed interface Due {}

  /// @param bytes one chunk
  record Batch(ByteBuf bytes, Position end, int events) implements Due {}

  /// It is at the head.
  record Nothing() implements Due {}

  /// The frames have to be read first.
  record Later(CompletableFuture<?> frames) implements Due {}

  /// The next frame may end the stream.
  record Gate(Frame frame) implements Due {}

  /// No frame follows the cursor's position: it has to be verified.
  record Broken() implements Due {}

  private record Place(Position at, long passed, long streamCursor) {}
}
