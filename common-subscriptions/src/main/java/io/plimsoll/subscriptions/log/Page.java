package io.plimsoll.subscriptions.log;

import java.util.List;

/// A run of consecutive events and the topic's row, from one snapshot.
///
/// @param head the topic's row
/// @param afterTag tag of the event just before the first (of `floor - 1` if the page starts at the
///   floor), or of the asked offset if there are no events; -1 if the log knows no such offset
/// @param events consecutive offsets; empty if nothing follows
public record Page(Head head, long afterTag, List<StoredEvent> events) {

  public Page {
    events = List.copyOf(events);
  }
}
