package io.plimsoll.acceptance.history;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A topic's events in one history: up to where it was forked from the one before they are the
/// same.
final class Era {

  /// The last offset shared with the history before.
  final long fork;

  /// The history that took this one's place.
  @Nullable Era next;

  private long[] tags;
  private long[] hashes;
  private long[] sends;
  private final Map<Long, Long> redacted;
  private long last;

  Era() {
    fork = 0;
    tags = new long[256];
    hashes = new long[256];
    sends = new long[256];
    redacted = new HashMap<>();
  }

  private Era(Era before, long fork) {
    this.fork = fork;
    tags = Arrays.copyOf(before.tags, before.tags.length);
    hashes = Arrays.copyOf(before.hashes, before.hashes.length);
    sends = Arrays.copyOf(before.sends, before.sends.length);
    redacted = new HashMap<>(before.redacted);
    last = Math.min(before.last, fork);
    Arrays.fill(hashes, (int) Math.min(fork + 1, hashes.length), hashes.length, 0);
  }

  /// The history that goes on after this offset under other tags.
  Era fork(long after) {
    Era forked = new Era(this, after);
    next = forked;
    return forked;
  }

  /// The largest offset known.
  long last() {
    return last;
  }

  boolean knows(long offset) {
    return offset > 0 && offset < hashes.length && hashes[(int) offset] != 0;
  }

  long tag(long offset) {
    return tags[(int) offset];
  }

  long hash(long offset) {
    return hashes[(int) offset];
  }

  /// What stands there, as [TopicHistory] encodes it.
  long send(long offset) {
    return sends[(int) offset];
  }

  boolean matches(long offset, long tag) {
    return knows(offset) && tag(offset) == tag;
  }

  void put(long offset, long tag, long hash, long send) {
    int at = Math.toIntExact(offset);
    if (at >= hashes.length) {
      int length = Math.max(at + 1, 2 * hashes.length);
      tags = Arrays.copyOf(tags, length);
      hashes = Arrays.copyOf(hashes, length);
      sends = Arrays.copyOf(sends, length);
    }
    tags[at] = tag;
    hashes[at] = hash;
    sends[at] = send;
    last = Math.max(last, offset);
  }

  /// The hash of the event's content after it was redacted, 0 if nobody saw it.
  long redacted(long offset) {
    return redacted.getOrDefault(offset, 0L);
  }

  void redact(long offset, long hash) {
    redacted.put(offset, hash);
  }
}
