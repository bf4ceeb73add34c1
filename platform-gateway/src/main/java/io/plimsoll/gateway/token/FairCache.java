package io.plimsoll.gateway.token;

import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/// A cache bounded in bytes, of which one tenant holds at most a quarter: who floods it pushes out
/// what is his own. When it is full, whoever holds most gives way.
///
/// Of a tenant the oldest go first, but what was asked for since it came, or since it was last
/// spared, is spared once: CLOCK (Corbató, 1968), which approximates the least recently used and
/// writes to no list when an entry is found. Whose time is over leaves when it is its tenant's
/// oldest and another comes; until then it can be found, and its user knows.
///
/// @param <K> keys
/// @param <V> what is kept; each object is put once
public final class FairCache<K, V extends FairCache.Entry<K>> {

  private final long size;
  private final InstantSource clock;
  private final Map<K, V> entries = new ConcurrentHashMap<>();

  // the lock's
  private final Map<String, Share<K>> shares = new HashMap<>();
  private long bytes;

  /// What is kept is an entry itself: every object more for each of them is one more that
  /// collections of garbage copy, and so is every entry of a list that is changed.
  ///
  /// @param <K> keys
  public abstract static class Entry<K> {
    private final K key;
    private final String tenant;
    private final int bytes;
    private final long expires;
    private boolean asked;

    // its tenant's that were put before and after it
    private @Nullable Entry<K> older;
    private @Nullable Entry<K> newer;

    /// One that is in no cache yet.
    ///
    /// @param tenant whose share it counts to
    /// @param bytes on the heap, about
    /// @param expires second of the epoch
    protected Entry(K key, String tenant, int bytes, long expires) {
      this.key = key;
      this.tenant = tenant;
      this.bytes = bytes;
      this.expires = expires;
    }

    /// Second of the epoch.
    public final long expires() {
      return expires;
    }
  }

  /// One tenant's entries.
  private static final class Share<K> {
    private @Nullable Entry<K> oldest;
    private @Nullable Entry<K> newest;
    private int count;
    private long bytes;

    private void add(Entry<K> entry) {
      entry.older = newest;
      if (newest == null) {
        oldest = entry;
      } else {
        newest.newer = entry;
      }
      newest = entry;
      count++;
      bytes += entry.bytes;
    }

    private void remove(Entry<K> entry) {
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
      // who still uses it must not hold others by it
      entry.older = null;
      entry.newer = null;
      count--;
      bytes -= entry.bytes;
    }

    /// The one to go; null when there is none.
    private @Nullable Entry<K> next() {
      for (int spared = 0; spared < count && oldest != null && oldest.asked; spared++) {
        Entry<K> entry = oldest;
        entry.asked = false;
        remove(entry);
        add(entry);
      }
      return oldest;
    }
  }

  /// An empty one.
  public FairCache(DataSize size, InstantSource clock) {
    this.size = size.toBytes();
    this.clock = clock;
  }

  /// The entry; null when there is none.
  public @Nullable V get(K key) {
    V found = entries.get(key);
    if (found != null) {
      Entry<K> entry = found;
      if (!entry.asked) {
        entry.asked = true;
      }
    }
    return found;
  }

  public synchronized void put(V value) {
    Entry<K> entry = value;
    V before = entries.put(entry.key, value);
    if (before != null) {
      uncount(before);
    }
    Share<K> held = shares.get(entry.tenant);
    long now = clock.instant().getEpochSecond();
    while (held != null && held.oldest != null && held.oldest.expires <= now) {
      drop(held.oldest);
    }
    Share<K> own = shares.computeIfAbsent(entry.tenant, _ -> new Share<>());
    own.add(entry);
    bytes += entry.bytes;
    while (own.bytes > size / 4 && own.count > 1) {
      drop(own.next());
    }
    while (bytes > size) {
      // as many steps as there are tenants, where others would keep them in order at every turn
      drop(
          shares.values().stream()
              .max(Comparator.comparingLong(s -> s.bytes))
              .orElseThrow()
              .next());
    }
  }

  public synchronized void remove(K key) {
    drop(entries.get(key));
  }

  private void drop(@Nullable Entry<K> entry) {
    if (entry != null) {
      entries.remove(entry.key);
      uncount(entry);
    }
  }

  private void uncount(Entry<K> entry) {
    bytes -= entry.bytes;
    shares.computeIfPresent(
        entry.tenant,
        (_, share) -> {
          share.remove(entry);
          return share.count == 0 ? null : share;
        });
  }

  public void forEach(Consumer<V> action) {
    entries.values().forEach(action);
  }

  /// Bytes that are held, by the entries' own account.
  public synchronized long bytes() {
    return bytes;
  }

  /// Bytes that a tenant holds.
  synchronized long held(String owner) {
    Share<K> known = shares.get(owner);
    return known == null ? 0 : known.bytes;
  }
}
