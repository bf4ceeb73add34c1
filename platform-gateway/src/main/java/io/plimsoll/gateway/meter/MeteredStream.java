package io.plimsoll.gateway.meter;

import java.util.Set;

/// A stream that is open. Thread-safe.
public final class MeteredStream implements AutoCloseable {

  private final Counts.Cell cell;
  private final Set<MeteredStream> open;
  private long countedTo;
  private boolean closed;

  MeteredStream(Counts.Cell cell, Set<MeteredStream> open, long now) {
    this.cell = cell;
    this.open = open;
    this.countedTo = now;
  }

  /// Bytes of the body that went to the client.
  public void sent(long bytes) {
    cell.bytesOut.add(bytes);
  }

  /// Bytes of the body that came from the client.
  public void received(long bytes) {
    cell.bytesIn.add(bytes);
  }

  /// Adds the time since it was last counted.
  synchronized void count(long now) {
    if (!closed && now - countedTo > 0) {
      cell.streamNanos.add(now - countedTo);
      countedTo = now;
    }
  }

  /// It ended; once or more often.
  @Override
  public void close() {
    open.remove(this);
    synchronized (this) {
      count(System.nanoTime());
      closed = true;
    }
  }
}
