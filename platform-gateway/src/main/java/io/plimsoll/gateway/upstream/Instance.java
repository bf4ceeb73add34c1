package io.plimsoll.gateway.upstream;

import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// One instance of a service and what was last seen of it. After a failure it is passed over for a
/// while, that doubles with every further one; then a single request tries it.
final class Instance {

  private final String base;
  private final boolean secure;
  private final String hostName;
  private final int port;
  private final String host;
  private final String prefix;
  private final Duration awayMin;
  private final Duration awayMax;
  private final LongSupplier nanoTime;
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicLong awayUntil = new AtomicLong();

  Instance(URI base, Duration awayMin, Duration awayMax, LongSupplier nanoTime) {
    String text = base.toString();
    this.base = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    this.secure = "https".equals(base.getScheme());
    String host = Objects.requireNonNull(base.getHost(), () -> base + " names no host");
    this.hostName = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    int usual = secure ? 443 : 80;
    this.port = base.getPort() < 0 ? usual : base.getPort();
    this.host = port == usual ? host : host + ":" + port;
    String path = base.getRawPath() == null ? "" : base.getRawPath();
    this.prefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    this.awayMin = awayMin;
    this.awayMax = awayMax;
    this.nanoTime = nanoTime;
  }

  static Instance of(URI base, UpstreamProperties properties) {
    return new Instance(base, properties.awayMin(), properties.awayMax(), System::nanoTime);
  }

  String base() {
    return base;
  }

  boolean secure() {
    return secure;
  }

  String hostName() {
    return hostName;
  }

  int port() {
    return port;
  }

  /// As `Host` says it.
  String host() {
    return host;
  }

  /// The path of its base URL, before that of a request; most often empty.
  String prefix() {
    return prefix;
  }

  /// Whether a request may go here. Of those that ask once the pause is over, one is let through;
  /// the others wait another pause for what becomes of it.
  boolean claim() {
    if (failures.get() == 0) {
      return true;
    }
    long until = awayUntil.get();
    long now = nanoTime.getAsLong();
    return now - until >= 0 && awayUntil.compareAndSet(until, now + awayMin.toNanos());
  }

  /// How long it is still passed over, in nanoseconds; for choosing among several that are.
  long pause() {
    return failures.get() == 0 ? 0 : awayUntil.get() - nanoTime.getAsLong();
  }

  boolean away() {
    return failures.get() > 0;
  }

  void answered() {
    if (failures.get() > 0) {
      failures.set(0);
    }
  }

  void failed() {
    int before = Math.min(failures.getAndIncrement(), 20);
    long pause = Math.min(awayMin.toNanos() << before, awayMax.toNanos());
    awayUntil.set(nanoTime.getAsLong() + pause);
  }

  @Override
  public String toString() {
    return base;
  }
}
