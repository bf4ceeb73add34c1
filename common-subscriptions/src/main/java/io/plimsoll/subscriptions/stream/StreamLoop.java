package io.plimsoll.subscriptions.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.plimsoll.subscriptions.feed.TopicFeed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The event streams of one event loop, and their clock: one timer for all of them looks once a
/// second who is due a heartbeat or has come to an end. Confined to the loop.
final class StreamLoop {

  private final EventLoop loop;
  private final OpenStreams streams;
  private final List<StreamChannel> all = new ArrayList<>();
  private final Map<TopicFeed, LoopPump> pumps = new HashMap<>();
  private long ticks;

  StreamLoop(EventLoop loop, OpenStreams streams) {
    this.loop = loop;
    this.streams = streams;
    var _ = loop.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  void execute(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // the loop has been shut down, its channels with it
    }
  }

  void later(long millis, Runnable task) {
    var _ = loop.schedule(task, millis, TimeUnit.MILLISECONDS);
  }

  ByteBufAllocator allocator() {
    return ByteBufAllocator.DEFAULT;
  }

  ByteBuf chunk(String text) {
    return Wire.chunk(allocator().directBuffer(16 + text.length()), text);
  }

  OpenStreams streams() {
    return streams;
  }

  void add(StreamChannel stream) {
    stream.slot = all.size();
    all.add(stream);
    if (streams.draining()) {
      stream.end(Ending.DRAIN); // admitted before, and too late for the drain
    }
  }

  void remove(StreamChannel stream) {
    StreamChannel last = all.removeLast();
    if (last != stream) {
      last.slot = stream.slot;
      all.set(stream.slot, last);
    }
  }

  /// The pump of this feed; null if the feed is void.
  @Nullable LoopPump pump(TopicFeed feed) {
    LoopPump pump = pumps.get(feed);
    if (pump == null) {
      pump = new LoopPump(feed, this, streams.feeds(), streams.settings().writeBytes());
      if (!feed.follow(pump)) {
        return null;
      }
      pumps.put(feed, pump);
    }
    return pump;
  }

  void remove(LoopPump pump) {
    pumps.remove(pump.feed(), pump);
  }

  private void tick() {
    ticks++;
    long now = streams.clock().millis();
    long heartbeat = Math.max(1, streams.settings().heartbeat().toSeconds());
    for (int i = all.size() - 1; i >= 0; i--) {
      if (i < all.size()) {
        StreamChannel stream = all.get(i);
        try {
          stream.tick(now, (ticks + stream.phase) % heartbeat == 0);
        } catch (RuntimeException e) {
          stream.failed(e);
        }
      }
    }
  }

  /// Has the access of these subscribers asked for again.
  void review(Predicate<String> whose) {
    for (StreamChannel stream : new ArrayList<>(all)) {
      if (whose.test(stream.subscriber())) {
        stream.review();
      }
    }
  }

  /// Ends every stream, at its own random moment of the next so many milliseconds.
  void drain(long millis) {
    for (StreamChannel stream : new ArrayList<>(all)) {
      later(ThreadLocalRandom.current().nextLong(millis + 1), () -> stream.end(Ending.DRAIN));
    }
  }
}
