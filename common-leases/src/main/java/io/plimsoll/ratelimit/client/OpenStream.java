package io.plimsoll.ratelimit.client;

import java.util.concurrent.atomic.AtomicBoolean;

/// A stream's place in the counts. Close it when the stream ends, once or more often.
public final class OpenStream implements AutoCloseable {

  static final OpenStream UNCOUNTED = new OpenStream(() -> {});

  private final Runnable closing;
  private final AtomicBoolean closed = new AtomicBoolean();

  OpenStream(Runnable closing) {
    this.closing = closing;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      closing.run();
    }
  }
}
