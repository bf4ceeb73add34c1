package io.plimsoll.subscriptions.log;

import io.plimsoll.subscriptions.Position;

/// A topic's row: its two ends, as one snapshot of the primary showed them.
///
/// @param topicId number of the topic; a topic made again under the same name has another
/// @param offset last offset, 0 if there never was an event
/// @param tag tag of that event, or the topic's creation tag
/// @param floor oldest retained offset, `offset + 1` if none is retained
/// @param floorTag tag of the event below the floor, or the topic's creation tag
public record Head(long topicId, long offset, long tag, long floor, long floorTag) {

  public Position position() {
    return new Position(offset, tag);
  }
}
