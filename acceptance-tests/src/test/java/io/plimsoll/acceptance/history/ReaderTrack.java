package io.plimsoll.acceptance.history;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// How far one reader has come, and the last that it saw. Used by the reader's thread; what others
/// ask is guarded by the topic's history.
public final class ReaderTrack {

  private static final int RECENT = 24;

  private final TopicHistory topic;
  private final String name;
  private final boolean follows;
  private final long[] recentOffsets = new long[RECENT];
  private final long[] recentTags = new long[RECENT];
  private final long[] recentMillis = new long[RECENT];
  private final int[] recentConnections = new int[RECENT];
  private int remembered;
  private int connection;

  // guarded by the topic
  Era era;
  boolean started;
  boolean awaitsSnapshot;
  private Position at = new Position(0, 0);
  private long delivered;
  private int resets;
  private @Nullable String ended;

  /// @param follows whether it is to reach the head in the end
  ReaderTrack(TopicHistory topic, String name, boolean follows, Era era) {
    this.topic = topic;
    this.name = name;
    this.follows = follows;
    this.era = era;
  }

  public String name() {
    return name;
  }

  public TopicHistory topic() {
    return topic;
  }

  /// Starts at a position that was asked for or told.
  public void startsAt(String position) {
    topic.startsAt(this, position);
  }

  public boolean started() {
    synchronized (topic) {
      return started;
    }
  }

  /// The connection over which the next events come, for the report.
  public void connected() {
    connection++;
  }

  /// A JSON array of events, as in a `data` event or a page.
  ///
  /// @return the number of events
  public int arrived(byte[] json, int from, int to) {
    int[] count = new int[1];
    try {
      Elements.of(
          json,
          from,
          to,
          (start, end) -> {
            topic.arrived(this, json, start, end);
            count[0]++;
          });
    } catch (IllegalArgumentException | JacksonException e) {
      topic.malformed(this, "events: " + e.getMessage());
    }
    return count[0];
  }

  /// A position that the server told: where the reader stands, after what has just arrived.
  public void told(String what, @Nullable String position) {
    topic.told(this, what, position);
  }

  /// The server says the position is lost.
  public void reset() {
    topic.reset(this);
  }

  /// The floor, read after a reset that no undone history explains.
  public void resetAtFloor(Position before, long floor) {
    topic.resetAtFloor(this, before, floor);
  }

  public void snapshot(String position, JsonNode data) {
    topic.snapshot(this, position, data);
  }

  /// A page that claims to end at the head, asked for when this was acknowledged.
  public void upToDate(long acknowledgedBefore) {
    topic.upToDate(this, acknowledgedBefore);
  }

  public void malformed(String what) {
    topic.malformed(this, what);
  }

  public void violation(Violation.Cause cause, String what) {
    topic.violation(cause, this, what);
  }

  /// The server ended the stream for good.
  public void ended(String reason) {
    synchronized (topic) {
      ended = reason;
    }
  }

  /// Why the server ended the stream for good; null if it did not.
  public @Nullable String ended() {
    synchronized (topic) {
      return ended;
    }
  }

  public Position at() {
    synchronized (topic) {
      return at;
    }
  }

  /// Events delivered so far.
  public long delivered() {
    synchronized (topic) {
      return delivered;
    }
  }

  /// How often it was reset.
  public int resets() {
    synchronized (topic) {
      return resets;
    }
  }

  public boolean follows() {
    return follows;
  }

  // below under the topic's monitor

  void delivered(Position position) {
    at = position;
    delivered++;
    int slot = remembered++ % RECENT;
    recentOffsets[slot] = position.offset();
    recentTags[slot] = position.tag();
    recentMillis[slot] = System.currentTimeMillis();
    recentConnections[slot] = connection;
  }

  void moveTo(Position position, Era in) {
    at = position;
    era = in;
    started = true;
    awaitsSnapshot = false;
  }

  void countReset() {
    resets++;
    awaitsSnapshot = true;
  }

  /// The last that arrived, a line each.
  String recent() {
    StringBuilder lines = new StringBuilder();
    for (int i = Math.max(0, remembered - RECENT); i < remembered; i++) {
      int slot = i % RECENT;
      lines.append(
          String.format(
              Locale.ROOT,
              "    %s connection %d: %s%n",
              Instant.ofEpochMilli(recentMillis[slot]),
              recentConnections[slot],
              new Position(recentOffsets[slot], recentTags[slot])));
    }
    return lines.toString();
  }
}
