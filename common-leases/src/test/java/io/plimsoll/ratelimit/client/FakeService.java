package io.plimsoll.ratelimit.client;

import io.plimsoll.ratelimit.client.Policy.Per;
import io.plimsoll.ratelimit.client.Policy.StoreAway;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// ratelimit-service as a few lines: one endless or empty store, that may be away.
final class FakeService implements Transport {

  /// How it answers.
  enum Manner {
    GRANTS,
    EMPTY,
    STORE_AWAY,
    FAILS,
    SILENT,
    /// Longer than a request waits, and not as long as a call may take.
    SLOW
  }

  static final Subject ANNA = new Subject("acme", "default", "key", "anna", "chat");

  final List<Wire.Call> calls = new CopyOnWriteArrayList<>();
  final List<Policy> policies = new CopyOnWriteArrayList<>();
  volatile Manner manner = Manner.GRANTS;

  /// What it answers to calls instead.
  volatile @Nullable String nonsense;

  volatile int most = Integer.MAX_VALUE;
  final AtomicInteger streamsLeft = new AtomicInteger(Integer.MAX_VALUE);

  /// Policies whose part of the store is away.
  final Set<String> away = ConcurrentHashMap.newKeySet();

  /// Policies of which nothing is left.
  final Set<String> spent = ConcurrentHashMap.newKeySet();

  private final AtomicInteger version = new AtomicInteger(1);
  private final List<CompletableFuture<Answer>> unanswered = new CopyOnWriteArrayList<>();

  static Policy policy(String limit, double rate, long burst, StoreAway storeAway) {
    return new Policy(
        limit, limit, null, null, null, null, null, Per.USER, rate, burst, 0, false, false,
        storeAway);
  }

  Leases start(Policy... rules) {
    return start(LeaseSettings.defaults(), rules);
  }

  Leases start(LeaseSettings settings, Policy... rules) {
    policies.addAll(List.of(rules));
    Leases leases = Leases.start(this, settings);
    Awaitility.await().until(leases::ready);
    return leases;
  }

  /// Other policies, in place of all that there were.
  void replace(Policy... rules) {
    policies.clear();
    policies.addAll(List.of(rules));
    version.incrementAndGet();
  }

  @Override
  public CompletionStage<Answer> exchange(
      String path, @Nullable String body, @Nullable String tag) {
    if (body == null) {
      String json =
          Wire.JSON.writeValueAsString(new Wire.Published(version.toString(), 4, policies));
      return CompletableFuture.completedStage(new Answer(200, json, "\"" + version + "\""));
    }
    Wire.Call call = Wire.JSON.readValue(body, Wire.Call.class);
    calls.add(call);
    String instead = nonsense;
    if (instead != null) {
      return CompletableFuture.completedStage(new Answer(200, instead, null));
    }
    return switch (manner) {
      case FAILS -> CompletableFuture.failedStage(new IOException("down"));
      case SILENT -> {
        CompletableFuture<Answer> never = new CompletableFuture<>();
        unanswered.add(never);
        yield never;
      }
      case SLOW ->
          CompletableFuture.supplyAsync(
              () -> answer(call), CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS));
      case GRANTS, EMPTY, STORE_AWAY -> CompletableFuture.completedStage(answer(call));
    };
  }

  private Answer answer(Wire.Call call) {
    List<Wire.Assignment> assignments =
        call.demands().stream()
            .map(
                demand ->
                    switch (away.contains(demand.policy())
                        ? Manner.STORE_AWAY
                        : spent.contains(demand.policy()) ? Manner.EMPTY : manner) {
                      case EMPTY -> new Wire.Assignment(0, 60_000, 0, false, false);
                      case STORE_AWAY -> new Wire.Assignment(0, 0, 0, true, false);
                      default ->
                          new Wire.Assignment(
                              Math.min(most, demand.want()), 0, 1_000, false, false);
                    })
            .toList();
    List<Wire.Counted> counts =
        call.streams().stream()
            .map(
                count -> {
                  int left = spent.contains(count.policy()) ? 0 : streamsLeft.get();
                  int granted = Math.min(count.want(), left);
                  streamsLeft.addAndGet(-granted);
                  return new Wire.Counted(granted, 0, manner == Manner.STORE_AWAY, false);
                })
            .toList();
    return new Answer(
        200,
        Wire.JSON.writeValueAsString(
            new Wire.Answer(call.sequence(), version.toString(), 10_000, assignments, counts)),
        null);
  }

  List<Wire.Demand> demands() {
    return calls.stream().flatMap(call -> call.demands().stream()).toList();
  }

  long unitsReturned() {
    return demands().stream()
        .filter(demand -> demand.returns() != null)
        .flatMap(demand -> demand.returns() == null ? null : demand.returns().stream())
        .mapToLong(Wire.Returned::units)
        .sum();
  }
}
