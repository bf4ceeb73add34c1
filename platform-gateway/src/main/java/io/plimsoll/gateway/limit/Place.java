package io.plimsoll.gateway.limit;

import io.plimsoll.ratelimit.client.OpenStream;
import org.jspecify.annotations.Nullable;

/// A stream's place among those that may be open at once, if it got one. Close it with the stream,
/// once or more often; where it was refused that does nothing.
public final class Place implements AutoCloseable {

  private final Ruling ruling;
  private final @Nullable OpenStream stream;

  Place(Ruling ruling, @Nullable OpenStream stream) {
    this.ruling = ruling;
    this.stream = stream;
  }

  /// Whether the stream may be opened.
  public Ruling ruling() {
    return ruling;
  }

  @Override
  public void close() {
    if (stream != null) {
      stream.close();
    }
  }
}
