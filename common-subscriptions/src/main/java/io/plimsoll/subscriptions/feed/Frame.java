package io.plimsoll.subscriptions.feed;

import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.StreamRules.Ends;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.StoredEvent;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An event as subscribers get it, encoded once per node:
/// `{"offset":"<position>","type":"…","time":"…","data":…}`.
public final class Frame {

  /// What a frame weighs besides its bytes: itself, its array's header, its place in the ring.
  static final int OVERHEAD = 64;

  private static final Logger logger = LoggerFactory.getLogger(Frame.class);

  private final Position position;
  private final long previousTag;
  private final byte[] json;
  private final @Nullable Ends ends;

  Frame(Position position, long previousTag, byte[] json, @Nullable Ends ends) {
    this.position = position;
    this.previousTag = previousTag;
    this.json = json;
    this.ends = ends;
  }

  static Frame of(Topic topic, StoredEvent stored, StreamRules rules) {
    Event event = stored.event();
    // type is [a-z.-] and data one JSON value, so nothing needs escaping
    String json =
        "{\"offset\":\""
            + event.position()
            + "\",\"type\":\""
            + event.type()
            + "\",\"time\":\""
            + event.time()
            + "\",\"data\":"
            + event.data()
            + "}";
    Ends ends = ends(topic, event, rules);
    return new Frame(
        event.position(),
        stored.previousTag(),
        json.getBytes(StandardCharsets.UTF_8),
        ends instanceof Ends.NoOne ? null : ends);
  }

  /// A rule that fails must neither stop the feed nor let anybody read on who may not: then
  /// everybody is asked about.
  private static Ends ends(Topic topic, Event event, StreamRules rules) {
    try {
      return rules.ends(topic, event);
    } catch (RuntimeException e) {
      logger.error("The rule for {} in a {} failed", event.type(), topic.kind(), e);
      return new Ends.EveryoneWithoutAccess();
    }
  }

  public Position position() {
    return position;
  }

  public long offset() {
    return position.offset();
  }

  /// Tag of the event before this one.
  public long previousTag() {
    return previousTag;
  }

  /// Not to be changed.
  public byte[] json() {
    return json;
  }

  /// Whose streams the event may end; null for nobody's.
  public @Nullable Ends ends() {
    return ends;
  }

  /// Whether the frame comes right after this position, of this history.
  public boolean follows(Position other) {
    return offset() == other.offset() + 1 && previousTag == other.tag();
  }

  int weight() {
    return json.length + OVERHEAD;
  }
}
