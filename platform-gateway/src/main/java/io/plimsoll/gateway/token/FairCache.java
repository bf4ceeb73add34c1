package io.plimsoll.gateway.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/// A cache bounded in bytes, of which one tenant holds at most a quarter: who floods it pushes out
/// what is his own. Within a tenant the oldest go first, in the cache as a whole the least used.
///
/// @param <K> keys
/// @param <V> what is kept until its end
public final class FairCache<K, V> {

  private final long share;
  private final ToIntFunction<V> weight;
  private final Function<V, String> tenant;
  private final Cache<K, V> cache;
  private final Map<String, Share> shares = new ConcurrentHashMap<>();

  /// One tenant's entries; changed only inside `shares.compute` of its tenant.
  private final class Share {
    private final Map<K, V> entries = new LinkedHashMap<>();
    private long bytes;

    private void put(K key, V value) {
      remove(key);
      entries.put(key, value);
      bytes += weight.applyAsInt(value);
    }

    private void remove(K key) {
      V was = entries.remove(key);
      bytes -= was == null ? 0 : weight.applyAsInt(was);
    }
  }

  /// An empty one.
  ///
  /// @param weight bytes on the heap, about
  /// @param life how long an entry may be kept from now on
  public FairCache(
      DataSize size,
      ToIntFunction<V> weight,
      Function<V, String> tenant,
      Function<V, Duration> life) {
    this.share = size.toBytes() / 4;
    this.weight = weight;
    this.tenant = tenant;
    this.cache =
        Caffeine.newBuilder()
            // to wake a thread for the upkeep of each entry costs more than the upkeep
            .executor(Runnable::run)
            .maximumWeight(size.toBytes())
            .weigher((K key, V value) -> weight.applyAsInt(value))
            .expireAfter(Expiry.writing((K key, V value) -> life.apply(value)))
            .removalListener(
                (@Nullable K key, @Nullable V value, RemovalCause cause) -> {
                  if (key != null && value != null) {
                    removed(key, value);
                  }
                })
            .build();
  }

  /// The entry; null when there is none.
  public @Nullable V get(K key) {
    return cache.getIfPresent(key);
  }

  public void put(K key, V value) {
    cache.put(key, value);
    String owner = tenant.apply(value);
    List<K> over = new ArrayList<>(1);
    shares.compute(
        owner,
        (_, known) -> {
          Share held = known == null ? new Share() : known;
          held.put(key, value);
          while (held.bytes > share && held.entries.size() > 1) {
            K eldest = held.entries.keySet().iterator().next();
            held.remove(eldest);
            over.add(eldest);
          }
          return held;
        });
    // not under the lock: removing an entry takes it
    cache.invalidateAll(over);
    if (!cache.asMap().containsKey(key)) {
      removed(key, value); // pushed out before it was counted
    }
  }

  public void remove(K key) {
    cache.invalidate(key);
  }

  public void forEach(Consumer<V> action) {
    cache.asMap().values().forEach(action);
  }

  private void removed(K key, V value) {
    shares.computeIfPresent(
        tenant.apply(value),
        (_, held) -> {
          // it may have been put again meanwhile
          if (!cache.asMap().containsKey(key)) {
            held.remove(key);
          }
          return held.entries.isEmpty() ? null : held;
        });
  }

  /// Bytes that are held, by the entries' weights.
  public long bytes() {
    cache.cleanUp();
    return cache.policy().eviction().orElseThrow().weightedSize().orElseThrow();
  }

  /// Bytes that a tenant holds.
  long held(String owner) {
    Share known = shares.get(owner);
    return known == null ? 0 : known.bytes;
  }
}
