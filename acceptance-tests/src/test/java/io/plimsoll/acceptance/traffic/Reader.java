package io.plimsoll.acceptance.traffic;

import io.plimsoll.acceptance.history.ReaderTrack;

/// A subscriber that tells its [ReaderTrack] what it sees; it runs until it is stopped or the
/// server ends its stream for good.
public interface Reader extends Runnable {

  ReaderTrack track();

  /// Neither sleeps nor dawdles from now on: the faults are over, and it is to reach the head.
  void hurry();

  void stop();
}
