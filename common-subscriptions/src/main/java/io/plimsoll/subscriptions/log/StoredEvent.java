package io.plimsoll.subscriptions.log;

import io.plimsoll.subscriptions.Event;
import java.util.List;

/// An event as the log keeps it and the bus carries it.
///
/// @param event what subscribers see
/// @param previousTag tag of the event before it: what makes a broken sequence visible
/// @param redacts offsets of earlier events whose data this one's transaction replaced
public record StoredEvent(Event event, long previousTag, List<Long> redacts) {

  public StoredEvent {
    redacts = List.copyOf(redacts);
  }

  public long offset() {
    return event.position().offset();
  }

  public long tag() {
    return event.position().tag();
  }
}
