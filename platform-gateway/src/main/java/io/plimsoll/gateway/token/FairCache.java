package io.plimsoll.gateway.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/// A cache bounded in bytes, of which one tenant holds at most a quarter: who floods it pushes out
/// what is his own. Within a tenant the oldest go first, in the cache as a whole the least used.
///
/// @param <K> keys
/// @param <V> what is kept until its end; the same object is put once
public final class FairCache<K, V extends FairCache.Entry<K>> {

  private final long share;
  private final Cache<K, V> cache;
  private final Map<String, Share<K>> shares = new ConcurrentHashMap<>();

  /// What is kept is an entry itself: an object more for each is one more that every collection of
  /// garbage copies.
  ///
  /// @param <K> keys
  public abstract static class Entry<K> {
    private final K key;
    private final String tenant;
    private final int bytes;

    // those of its tenant that were put before and after it; the share's to change
    private @Nullable Entry<K> older;
    private @Nullable Entry<K> newer;
    private boolean counted;

    /// One that is in no cache yet.
    ///
    /// @param tenant whose share it counts to
    /// @param bytes on the heap, about
    protected Entry(K key, String tenant, int bytes) {
      this.key = key;
      this.tenant = tenant;
      this.bytes = bytes;
    }
  }

  /// One tenant's entries; changed only inside `shares.compute` of its tenant.
  private static final class Share<K> {
    private @Nullable Entry<K> oldest;
    private @Nullable Entry<K> newest;
    private long bytes;

    private void add(Entry<K> entry) {
      entry.counted = true;
      entry.older = newest;
      if (newest == null) {
        oldest = entry;
      } else {
        newest.newer = entry;
      }
      newest = entry;
      bytes += entry.bytes;
    }

    private void remove(Entry<K> entry) {
      if (!entry.counted) {
        return;
      }
      if (entry.older == null) {
        oldest = entry.newer;
      } else {
        entry.older.newer = entry.newer;
      }
      if (entry.newer == null) {
        newest = entry.older;
      } else {
        entry.newer.older = entry.older;
      }
      entry.counted = false;
      // who still uses it must not hold others by it
      entry.older = null;
      entry.newer = null;
      bytes -= entry.bytes;
    }
  }

  /// An empty one.
  ///
  /// @param life how long an entry may be kept from now on
  public FairCache(DataSize size, Function<V, Duration> life) {
    this.share = size.toBytes() / 4;
    this.cache =
        Caffeine.newBuilder()
            // to wake a thread for the upkeep of each entry costs more than the upkeep
            .executor(Runnable::run)
            .maximumWeight(size.toBytes())
            .weigher((K _, V value) -> ((Entry<K>) value).bytes)
            .expireAfter(Expiry.writing((K _, V value) -> life.apply(value)))
            .removalListener(
                (@Nullable K _, @Nullable V value, RemovalCause _) -> {
                  if (value != null) {
                    removed(value);
                  }
                })
            .build();
  }

  /// The entry; null when there is none.
  public @Nullable V get(K key) {
    return cache.getIfPresent(key);
  }

  public void put(V value) {
    Entry<K> entry = value;
    cache.put(entry.key, value);
    List<Entry<K>> over = new ArrayList<>(1);
    shares.compute(
        entry.tenant,
        (_, known) -> {
          Share<K> held = known == null ? new Share<>() : known;
          held.add(entry);
          while (held.bytes > share && held.oldest != null && held.oldest.newer != null) {
            over.add(held.oldest);
            held.remove(held.oldest);
          }
          return held;
        });
    // not under the lock: removing an entry takes it
    over.forEach(eldest -> cache.asMap().remove(eldest.key, eldest));
    if (!entry.equals(cache.policy().getIfPresentQuietly(entry.key))) {
      removed(entry); // pushed out, or another put in its place, before it was counted
    }
  }

  public void remove(K key) {
    cache.invalidate(key);
  }

  public void forEach(Consumer<V> action) {
    cache.asMap().values().forEach(action);
  }

  private void removed(Entry<K> entry) {
    shares.computeIfPresent(
        entry.tenant,
        (_, held) -> {
          held.remove(entry);
          return held.oldest == null ? null : held;
        });
  }

  /// Bytes that are held, by the entries' own account.
  public long bytes() {
    cache.cleanUp();
    return cache.policy().eviction().orElseThrow().weightedSize().orElseThrow();
  }

  /// Bytes that a tenant holds.
  long held(String owner) {
    Share<K> known = shares.get(owner);
    return known == null ? 0 : known.bytes;
  }
}
