package io.plimsoll.subscriptions.stream;

import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.stream.StreamProblem.Cause;
import java.util.concurrent.atomic.AtomicReference;

/// A request's place among the node's open streams. A client may leave at any moment, between any
/// two of the threads that work for it; the place is given back exactly once all the same.
final class Place {

  private enum State {
    FREE,
    TAKEN,
    /// The stream gives it back.
    HANDED_OVER,
    GONE
  }

  private final OpenStreams streams;
  private final TopicStream stream;
  private final AtomicReference<State> state = new AtomicReference<>(State.FREE);

  Place(OpenStreams streams, TopicStream stream) {
    this.streams = streams;
    this.stream = stream;
  }

  void take() {
    streams.admit(stream);
    if (!state.compareAndSet(State.FREE, State.TAKEN)) {
      streams.closed(stream);
      throw new StreamProblem(Cause.UNAVAILABLE, "the client has left");
    }
  }

  /// Leaves it to the stream to give the place back; false if the request has ended.
  boolean handOver() {
    return state.compareAndSet(State.TAKEN, State.HANDED_OVER);
  }

  void requestEnded() {
    if (!state.compareAndSet(State.FREE, State.GONE)
        && state.compareAndSet(State.TAKEN, State.GONE)) {
      streams.closed(stream);
    }
  }
}
