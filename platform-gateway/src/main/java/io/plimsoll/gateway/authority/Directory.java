package io.plimsoll.gateway.authority;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

/// Entries of one kind, by id.
///
/// One is asked for by the first who wants it, and everybody else waits for that answer. An entry
/// older than `refresh` is asked for again while it still serves; while that fails, it serves until
/// it is older than `maxStaleness`. That there is none is remembered for five seconds, so that
/// made-up ids cost auth-service little. What [#forget] has dropped is not brought back by an
/// answer that was under way.
///
/// What has come and can't be used is asked for again every second. Until it can, what was held
/// goes on as if auth-service were away.
///
/// @param <V> an entry
final class Directory<V> {

  private static final Logger log = LoggerFactory.getLogger(Directory.class);
  private static final Duration UNKNOWN = Duration.ofSeconds(5);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

  /// @param raw the last answer; by it a change is seen
  /// @param at when the value came
  /// @param refreshAt from when on it is asked for again
  private record Held<V>(Known<V> value, String raw, long at, long refreshAt) {}

  private final Function<String, Mono<Optional<String>>> source;
  private final Function<String, V> parse;
  private final Function<V, @Nullable String> fault;
  private final long refresh;
  private final long maxStaleness;
  private final LongSupplier nanoTime;
  private final Cache<String, Held<V>> held;
  private final Map<String, CompletableFuture<Known<V>>> underWay = new ConcurrentHashMap<>();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

  /// @param fault why an entry can't be used; null when it can
  Directory(
      Function<String, Mono<Optional<String>>> source,
      Function<String, V> parse,
      Function<V, @Nullable String> fault,
      Duration refresh,
      Duration maxStaleness,
      DataSize bytes,
      LongSupplier nanoTime) {
    this.source = source;
    this.parse = parse;
    this.fault = fault;
    this.refresh = refresh.toNanos();
    this.maxStaleness = maxStaleness.toNanos();
    this.nanoTime = nanoTime;
    this.held =
        Caffeine.newBuilder()
            .maximumWeight(bytes.toBytes())
            .weigher((String id, Held<V> entry) -> 500 + id.length() + 3 * entry.raw().length())
            .build();
  }

  /// Is told the id of an entry that turned out to have changed when it was refreshed.
  void whenChanged(Consumer<String> listener) {
    listeners.add(listener);
  }

  /// What is held, where empty means that there is none; null when it must be asked for.
  @Nullable Known<V> peek(String id) {
    Held<V> entry = held.getIfPresent(id);
    if (entry == null) {
      return null;
    }
    long now = nanoTime.getAsLong();
    long age = now - entry.at();
    if (entry.value().entry() == null) {
      return age < UNKNOWN.toNanos() ? entry.value() : null;
    }
    if (age >= maxStaleness) {
      return null;
    }
    if (now - entry.refreshAt() >= 0) {
      var _ = ask(id);
    }
    return entry.value();
  }

  /// The entry, empty when there is none; an error when auth-service can't be asked.
  Mono<Known<V>> get(String id) {
    Known<V> known = peek(id);
    return known != null ? Mono.just(known) : Mono.fromFuture(() -> ask(id), true);
  }

  /// Drops an entry, and the knowledge that there is none; says whether there was one.
  synchronized boolean forget(String id) {
    underWay.remove(id);
    Held<V> was = held.asMap().remove(id);
    return was != null && was.value().entry() != null;
  }

  /// Drops all that is held; the ids of which there was one.
  synchronized Set<String> forgetAll() {
    underWay.clear();
    Set<String> known = new HashSet<>();
    held.asMap()
        .forEach(
            (id, entry) -> {
              if (entry.value().entry() != null) {
                known.add(id);
              }
            });
    held.invalidateAll();
    return known;
  }

  /// Bytes that are held, about.
  long bytes() {
    held.cleanUp();
    return held.policy().eviction().orElseThrow().weightedSize().orElseThrow();
  }

  private CompletableFuture<Known<V>> ask(String id) {
    CompletableFuture<Known<V>> mine = new CompletableFuture<>();
    CompletableFuture<Known<V>> first = underWay.putIfAbsent(id, mine);
    if (first != null) {
      return first;
    }
    source
        .apply(id)
        .subscribe(
            raw -> keep(id, mine, parsed(id, raw), raw.orElse("")),
            thrown -> failed(id, mine, thrown));
    return mine;
  }

  /// What can't be read counts as unknown: one bad entry must not stop all the others.
  private Known<V> parsed(String id, Optional<String> raw) {
    try {
      return new Known<>(raw.map(parse).orElse(null));
    } catch (RuntimeException e) {
      log.error("Auth-service's answer about {} can't be read: {}", id, e.toString());
      return new Known<>(null);
    }
  }

  private void keep(String id, CompletableFuture<Known<V>> mine, Known<V> value, String raw) {
    boolean changed = false;
    Known<V> result = value;
    synchronized (this) {
      if (underWay.remove(id, mine)) {
        long now = nanoTime.getAsLong();
        Held<V> before = held.getIfPresent(id);
        String wrong = value.entry() == null ? null : fault.apply(value.entry());
        if (wrong == null) {
          held.put(id, new Held<>(value, raw, now, now + refresh));
        } else {
          if (before == null || !before.raw().equals(raw)) {
            log.error("What auth-service says of {} can't be used: {}", id, wrong);
          }
          long at = now;
          if (before != null
              && before.value().entry() != null
              && now - before.at() < maxStaleness) {
            result = before.value();
            at = before.at();
          }
          held.put(id, new Held<>(result, raw, at, now + AFTER_FAILURE.toNanos()));
        }
        changed = before != null && before.value().entry() != null && !before.raw().equals(raw);
      }
    }
    if (changed) {
      listeners.forEach(listener -> listener.accept(id));
    }
    mine.complete(result);
  }

  private void failed(String id, CompletableFuture<Known<V>> mine, Throwable thrown) {
    synchronized (this) {
      if (underWay.remove(id, mine)) {
        long refreshAt = nanoTime.getAsLong() + AFTER_FAILURE.toNanos();
        held.asMap()
            .computeIfPresent(
                id, (_, entry) -> new Held<>(entry.value(), entry.raw(), entry.at(), refreshAt));
      }
    }
    log.debug("{} can't be asked for: {}", id, thrown.toString());
    mine.completeExceptionally(thrown);
  }
}
