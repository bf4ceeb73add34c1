package io.plimsoll.ratelimit.lease;

import io.plimsoll.ratelimit.RatelimitProperties;
import io.plimsoll.ratelimit.lease.LeaseAnswer.Assignment;
import io.plimsoll.ratelimit.lease.LeaseAnswer.Counted;
import io.plimsoll.ratelimit.lease.LeaseCall.Demand;
import io.plimsoll.ratelimit.lease.LeaseCall.Returned;
import io.plimsoll.ratelimit.lease.LeaseCall.Streams;
import io.plimsoll.ratelimit.policy.CurrentPolicies;
import io.plimsoll.ratelimit.policy.Policy;
import io.plimsoll.ratelimit.policy.Policy.Per;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Answers calls from Redis: cuts each into its partitions, runs the script once per partition, all
/// at the same time, and puts the answers in order. A partition whose Redis does not answer in time
/// is answered `away`; the others are not held up.
@Component
final class LeaseStore implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LeaseStore.class);

  private static final Duration GUARD_PERIOD = Duration.ofSeconds(1);
  private static final int PER_ITEM = 4;

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> SCRIPT =
      RedisScript.of(new ClassPathResource("io/plimsoll/ratelimit/lease/leases.lua"), List.class);

  /// Where an item of the call stands, and what Redis is asked for it.
  private record Item(int index, Policy policy, @Nullable Demand demand, @Nullable Streams count) {}

  private record Part(int partition, List<String> keys, List<String> arguments, List<Item> items) {}

  private final ReactiveStringRedisTemplate redis;
  private final CurrentPolicies policies;
  private final LeaseMetrics metrics;
  private final int partitions;
  private final Duration timeout;
  private final Duration leaseLife;
  private final String leaseLifeMicros;
  private final String silenceMicros;

  /// Redis' clock less ours, per partition, in us; 0 until heard of. Never ahead of the truth.
  private final AtomicLongArray offsets;

  /// Partitions without an answer.
  private final Set<Integer> away = ConcurrentHashMap.newKeySet();

  private final Disposable guards;

  LeaseStore(
      ReactiveStringRedisTemplate redis,
      CurrentPolicies policies,
      RatelimitProperties properties,
      LeaseMetrics metrics) {
    this.redis = redis;
    this.policies = policies;
    this.metrics = metrics;
    this.partitions = properties.partitions();
    this.timeout = properties.storeTimeout();
    this.leaseLife = properties.leaseLife();
    this.leaseLifeMicros = micros(properties.leaseLife());
    this.silenceMicros = micros(properties.silence());
    this.offsets = new AtomicLongArray(partitions);
    // the guards' age is what a new bucket starts with: they must be older than its first request
    this.guards =
        Flux.interval(Duration.ZERO, GUARD_PERIOD)
            .onBackpressureDrop()
            .concatMap(
                _ -> Flux.range(0, partitions).flatMap(p -> run(part(p, "guard"), "guard")).then())
            .subscribe();
  }

  Mono<LeaseAnswer> answer(
      String gateway, long sequence, List<Demand> demands, List<Streams> streams) {
    CurrentPolicies.Snapshot now = policies.snapshot();
    @Nullable Assignment[] assignments = new Assignment[demands.size()];
    @Nullable Counted[] counts = new Counted[streams.size()];
    @Nullable Part[] parts = new Part[partitions];

    for (int i = 0; i < assignments.length; i++) {
      Demand demand = demands.get(i);
      Policy policy = now.byId().get(demand.policy());
      if (policy == null || policy.rate() == null || policy.burst() == null) {
        assignments[i] = new Assignment(0, 0, 0, null, false, true);
        continue;
      }
      Part part = part(parts, gateway, demand.tenant(), policy, demand.key(), "}:b:");
      part.items.add(new Item(i, policy, demand, null));
      List<String> arguments = part.arguments;
      arguments.add("r");
      arguments.add(Long.toString(demand.lease()));
      arguments.add(Integer.toString(demand.want()));
      arguments.add(Integer.toString(demand.held()));
      arguments.add(policy.rate().toString());
      arguments.add(policy.burst().toString());
      List<Returned> returns = demand.returns() == null ? List.of() : demand.returns();
      arguments.add(Integer.toString(returns.size()));
      for (Returned returned : returns) {
        arguments.add(Long.toString(returned.lease()));
        arguments.add(Integer.toString(returned.units()));
      }
    }
    for (int i = 0; i < counts.length; i++) {
      Streams count = streams.get(i);
      Policy policy = now.byId().get(count.policy());
      if (policy == null || policy.streams() == null) {
        counts[i] = new Counted(0, 0, false, true);
        continue;
      }
      Part part = part(parts, gateway, count.tenant(), policy, count.key(), "}:s:");
      part.items.add(new Item(i, policy, null, count));
      part.arguments.addAll(
          List.of(
              "s",
              Long.toString(sequence),
              Integer.toString(count.open()),
              Integer.toString(count.want()),
              policy.streams().toString()));
    }

    return Flux.fromStream(Arrays.stream(parts).filter(part -> part != null))
        .flatMap(
            part ->
                run(part, gateway)
                    .doOnNext(answer -> read(part, answer, assignments, counts))
                    .then(),
            partitions)
        .then(
            Mono.fromSupplier(
                () ->
                    new LeaseAnswer(
                        sequence,
                        now.version(),
                        leaseLife.toMillis(),
                        Arrays.asList(assignments),
                        Arrays.asList(counts))));
  }

  /// The script's answer; empty numbers where it came to nothing.
  private Mono<List<Long>> run(Part part, String gateway) {
    long offset = offsets.get(part.partition);
    long deadline = offset == 0 ? 0 : offset + nanoMicros() + timeout.toNanos() / 1000;
    part.arguments.set(0, gateway);
    part.arguments.set(1, Long.toString(deadline));
    return redis
        .execute(SCRIPT, part.keys, part.arguments)
        .next()
        .timeout(timeout)
        .map(answer -> accepted(part, answer))
        .onErrorResume(
            failure -> {
              if (away.add(part.partition) && away.size() == 1) {
                log.warn("Redis does not answer; leases are refused: {}", failure.toString());
              }
              return Mono.just(List.of());
            });
  }

  @SuppressWarnings({"rawtypes", "unchecked"})
  private List<Long> accepted(Part part, List answer) {
    List<Long> numbers = answer;
    offsets.set(part.partition, numbers.get(0) - nanoMicros());
    if (numbers.get(1) != 0) {
      metrics.late();
      return List.of();
    }
    if (away.remove(part.partition) && away.isEmpty()) {
      log.info("Redis answers again");
    }
    return numbers.subList(2, numbers.size());
  }

  private void read(
      Part part,
      List<Long> numbers,
      @Nullable Assignment[] assignments,
      @Nullable Counted[] counts) {
    boolean nothing = numbers.isEmpty();
    for (int i = 0; i < part.items.size(); i++) {
      Item item = part.items.get(i);
      Policy policy = item.policy;
      long first = nothing ? 0 : numbers.get(PER_ITEM * i);
      long second = nothing ? 0 : numbers.get(PER_ITEM * i + 1);
      if (item.demand != null) {
        long available = nothing ? 0 : numbers.get(PER_ITEM * i + 2);
        long credited = nothing ? 0 : numbers.get(PER_ITEM * i + 3);
        assignments[item.index] =
            new Assignment(
                (int) first,
                // never earlier than the bucket says
                second == 0 ? 0 : second / 1000 + 1,
                available,
                policy.storeAway(),
                nothing,
                false);
        metrics.demand(policy, item.demand.want(), first, available, credited, nothing);
      } else if (item.count != null) {
        counts[item.index] = new Counted((int) first, (int) second, nothing, false);
        metrics.streams(policy, item.count.want(), first, nothing);
      }
    }
  }

  private Part part(
      @Nullable Part[] parts,
      String gateway,
      String tenant,
      Policy policy,
      String key,
      String kind) {
    String bucket = bucket(tenant, policy, key);
    int partition = Math.floorMod(bucket.hashCode(), partitions);
    Part part = parts[partition];
    if (part == null) {
      part = part(partition, gateway);
      parts[partition] = part;
    }
    part.keys.add("rl:{" + partitions + "-" + partition + kind + bucket);
    return part;
  }

  /// Named by all that the bucket's requests have in common, so that no two policies rule it at
  /// once, and one in another's place finds it; PROTOCOL.md says it exactly.
  ///
  /// @param key of a call: what the policy is per
  private static String bucket(String tenant, Policy policy, String key) {
    String user = policy.per() == Per.USER ? key : policy.user();
    String apiKey = policy.per() == Per.KEY ? key : policy.apiKey();
    StringBuilder name = new StringBuilder(tenant).append('|').append(policy.limit()).append('|');
    if (user != null) {
      name.append(user);
    }
    if (apiKey != null || policy.routeClass() != null) {
      name.append('|');
    }
    if (apiKey != null) {
      name.append(apiKey);
    }
    if (policy.routeClass() != null) {
      name.append('|').append(policy.routeClass());
    }
    return name.toString();
  }

  private Part part(int partition, String gateway) {
    Part part = new Part(partition, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    part.keys.add("rl:{" + partitions + "-" + partition + "}:guard");
    part.arguments.addAll(List.of(gateway, "0", leaseLifeMicros, silenceMicros));
    return part;
  }

  private static long nanoMicros() {
    return System.nanoTime() / 1000;
  }

  private static String micros(Duration duration) {
    return Long.toString(duration.toNanos() / 1000);
  }

  @Override
  public void close() {
    guards.dispose();
  }
}
