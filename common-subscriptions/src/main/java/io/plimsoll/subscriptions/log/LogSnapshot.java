package io.plimsoll.subscriptions.log;

import java.util.List;

/// What a log had shown by a moment, so that the next look can tell what is new.
///
/// @param incarnation changes when the database server was restarted or replaced, or the database
///   or its tables in it
/// @param xmax the first transaction id that was not assigned then
/// @param inProgress the ids below it whose transactions had not ended then
public record LogSnapshot(String incarnation, long xmax, List<Long> inProgress) {

  public LogSnapshot {
    inProgress = List.copyOf(inProgress);
  }
}
