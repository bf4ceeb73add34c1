package io.plimsoll.gateway.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.function.LongSupplier;

/// Token buckets by name, of this gateway alone: each holds up to `burst` units and gets `rate` a
/// second. The number of buckets is bounded; one that was pushed out starts full again.
///
/// A bucket may be charged after the fact and then owes units, at most another burst.
public final class Buckets {

  private static final int NAMES = 100_000;

  private final double rate;
  private final double burst;
  private final LongSupplier nanoTime;
  private final Cache<String, Bucket> buckets =
      Caffeine.newBuilder().maximumSize(NAMES).expireAfterAccess(Duration.ofMinutes(10)).build();

  /// None yet; each is full when it is first asked for.
  ///
  /// @param rate units per second
  /// @param burst units that a full bucket holds
  public Buckets(double rate, double burst, LongSupplier nanoTime) {
    this.rate = rate;
    this.burst = burst;
    this.nanoTime = nanoTime;
  }

  /// Units left, and when they were counted; guarded by itself.
  private final class Bucket {
    private double units = burst;
    private long at = nanoTime.getAsLong();

    private void refill() {
      long now = nanoTime.getAsLong();
      units = Math.min(burst, units + (now - at) * 1e-9 * rate);
      at = now;
    }
  }

  /// Takes one unit, or says that there is none.
  public boolean take(String name) {
    Bucket bucket = bucket(name);
    synchronized (bucket) {
      bucket.refill();
      if (bucket.units < 1) {
        return false;
      }
      bucket.units--;
      return true;
    }
  }

  /// Takes units whether they are there or not; negative ones are given back.
  public void charge(String name, int units) {
    Bucket bucket = bucket(name);
    synchronized (bucket) {
      bucket.refill();
      bucket.units = Math.min(burst, Math.max(-burst, bucket.units - units));
    }
  }

  /// Whole seconds, at least one, until the next unit is there.
  public long retryAfter(String name) {
    Bucket bucket = bucket(name);
    synchronized (bucket) {
      bucket.refill();
      return Math.max(1, (long) Math.ceil((1 - bucket.units) / rate));
    }
  }

  /// Buckets that are held.
  public long size() {
    buckets.cleanUp();
    return buckets.estimatedSize();
  }

  private Bucket bucket(String name) {
    return buckets.get(name, _ -> new Bucket());
  }
}
