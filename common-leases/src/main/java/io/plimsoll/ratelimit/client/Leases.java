package io.plimsoll.ratelimit.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Decides whether to admit a request, from units that were paid for before.
///
/// ```java
/// Leases leases = Leases.start(transport, LeaseSettings.defaults());
/// Subject anna = new Subject("acme", "default", "key-1", "anna", "chat");  // keep it
/// Decision decision = leases.admit(anna, later -> answer(later));
/// if (decision != null) {
///   answer(decision);                                                     // the ordinary case
/// }
/// ```
///
/// One per process: it is the gateway that the protocol speaks of, under a name that no other boot
/// has. Thread-safe; nothing here blocks.
public final class Leases implements AutoCloseable {

  private static final long NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String boot = UUID.randomUUID().toString();
  private final LeaseSettings settings;
  private final LongSupplier clock;
  private final Map<Bucket.Key, Bucket> buckets = new ConcurrentHashMap<>();
  private final Map<Account.Key, Account> accounts = new ConcurrentHashMap<>();
  private final Agent agent;
  private volatile @Nullable Policies policies;

  /// The last call came to nothing.
  private volatile boolean away;

  private Leases(Transport transport, LeaseSettings settings, LongSupplier clock) {
    this.settings = settings;
    this.clock = clock;
    this.agent = new Agent(this, transport, settings, clock);
  }

  /// Begins to fetch the policies; until they are there every request is refused as unavailable.
  public static Leases start(Transport transport, LeaseSettings settings) {
    Leases leases = new Leases(transport, settings, System::nanoTime);
    leases.agent.start();
    return leases;
  }

  /// Whether policies are known. A gateway is ready no sooner.
  public boolean ready() {
    return policies != null;
  }

  /// The name of this process in the protocol and in [#balances()].
  public String boot() {
    return boot;
  }

  /// Takes a unit under every policy that holds for the subject, or none at all.
  ///
  /// @param later gets the decision where there is none yet, once, on a thread of this class that
  ///   it must not block
  /// @return the decision; null where it comes later, after [LeaseSettings#callTimeout()] at most
  public @Nullable Decision admit(Subject subject, Consumer<Decision> later) {
    Decision decision = decide(subject, false, null);
    return decision != null || agent.await(subject, later) ? decision : decide(subject, true, null);
  }

  /// The same as a stage, which is complete already in the ordinary case.
  public CompletionStage<Decision> admit(Subject subject) {
    CompletableFuture<Decision> stage = new CompletableFuture<>();
    Decision decision = admit(subject, stage::complete);
    return decision == null ? stage : CompletableFuture.completedStage(decision);
  }

  /// Counts a stream in under every policy on open streams, or under none. A rate is not asked:
  /// that was [#admit].
  ///
  /// @return the decision, with the place where admitted, on a thread of this class
  public CompletionStage<StreamAdmission> open(Subject subject) {
    Policies current = policies;
    if (current == null) {
      return CompletableFuture.completedStage(
          new StreamAdmission(new Decision.Refused(null, true, 1), null));
    }
    List<Policy> limits = resolved(subject, current).streams;
    return limits.isEmpty()
        ? CompletableFuture.completedStage(
            new StreamAdmission(Decision.Unlimited.UNLIMITED, OpenStream.UNCOUNTED))
        : agent.open(subject, limits);
  }

  /// What happened to every unit granted to this process.
  public List<Balance> balances() {
    Map<Account.Key, long[]> open = new java.util.HashMap<>();
    for (Bucket bucket : buckets.values()) {
      long[] sums =
          open.computeIfAbsent(
              new Account.Key(bucket.key.tenant(), bucket.key.limit()), _ -> new long[2]);
      for (Lease lease = bucket.leases; lease != null; lease = lease.next) {
        int left = lease.left();
        sums[0] += left;
        sums[1] += lease.granted - left;
      }
    }
    List<Balance> balances = new ArrayList<>();
    accounts.forEach(
        (key, account) -> {
          long[] sums = open.getOrDefault(key, new long[2]);
          balances.add(
              new Balance(
                  key.tenant(),
                  key.limit(),
                  account.granted.sum(),
                  account.spent.sum() + sums[1],
                  account.returned.sum(),
                  account.expired.sum(),
                  sums[0],
                  account.awayAdmitted.sum(),
                  account.shadowRefused.sum()));
        });
    return balances;
  }

  /// How the background does.
  ///
  /// @param calls sent since the start
  /// @param failures of them without an answer
  /// @param waited requests that had to wait for a lease
  /// @param keys buckets remembered now
  /// @param away whether the last call came to nothing
  public record Stats(long calls, long failures, long waited, int keys, boolean away) {}

  public Stats stats() {
    return new Stats(agent.calls(), agent.failures(), agent.waited(), buckets.size(), away);
  }

  /// Gives back what is held, if the service can be reached within a second; whoever still waits is
  /// refused.
  @Override
  public void close() {
    agent.close();
  }

  // for the agent

  /// The decision; null where a lease must be waited for.
  ///
  /// @param waited what there is without a lease is to be had now, too
  /// @param lacking is told the bucket that it is waited for, or for lack of which it was refused;
  ///   null where the agent is not the one that asks
  @Nullable Decision decide(Subject subject, boolean waited, @Nullable Consumer<Bucket> lacking) {
    while (true) {
      Policies current = policies;
      if (current == null) {
        return new Decision.Refused(null, true, 1);
      }
      Bucket[] asked = resolved(subject, current).buckets;
      if (asked == null) {
        return new Decision.Refused(null, true, 1); // no place for one more key
      }
      long now = clock.getAsLong();
      long taken = 0;
      long unleased = 0;
      long shadowed = 0;
      Bucket nearest = null;
      long least = Long.MAX_VALUE;
      boolean again = false;
      for (int i = 0; i < asked.length; i++) {
        Bucket bucket = asked[i];
        int took = bucket.take(now);
        if (took >= 0) {
          taken |= 1L << i;
          if (took > 0) {
            agent.signal(bucket);
          }
        } else if (bucket.evicted) {
          subject.resolved(null);
          putBack(asked, taken, unleased, current);
          again = true;
          break;
        } else if (bucket.policy.shadow()) {
          if (bucket.empty && now - bucket.emptyUntil < 0) {
            shadowed |= 1L << i;
          }
          agent.signal(bucket);
        } else if (bucket.empty && now - bucket.emptyUntil < 0) {
          putBack(asked, taken, unleased, current);
          return refused(bucket.policy, bucket.emptyUntil - now);
        } else if (waited || away || bucket.away) {
          agent.signal(bucket);
          Decision.Refused refused = withoutLease(bucket, now, current.maxGateways);
          if (refused != null) {
            putBack(asked, taken, unleased, current);
            if (lacking != null) {
              lacking.accept(bucket);
            }
            return refused;
          }
          unleased |= 1L << i;
        } else {
          putBack(asked, taken, unleased, current);
          if (lacking != null) {
            // not before the agent knows who waits: its call could leave without this bucket
            signalLacking(asked, i + 1);
            lacking.accept(bucket);
          }
          return null;
        }
        long remaining = bucket.remaining();
        if (remaining < least) {
          least = remaining;
          nearest = bucket;
        }
      }
      if (again) {
        continue;
      }
      for (int i = 0; (unleased | shadowed) != 0 && i < asked.length; i++) {
        if ((unleased & 1L << i) != 0) {
          asked[i].account.awayAdmitted.increment();
        }
        if ((shadowed & 1L << i) != 0) {
          asked[i].account.shadowRefused.increment();
        }
      }
      return nearest == null ? Decision.Unlimited.UNLIMITED : nearest;
    }
  }

  /// What a request lacks beside the bucket that it waits for is asked for in the same call.
  private void signalLacking(Bucket[] asked, int from) {
    for (int i = from; i < asked.length; i++) {
      if (asked[i].held() == 0) {
        agent.signal(asked[i]);
      }
    }
  }

  /// Undoes what was taken for a request that another bucket refuses, or has yet to be asked for.
  private static void putBack(Bucket[] buckets, long taken, long unleased, Policies current) {
    for (int i = 0; (taken | unleased) != 0 && i < buckets.length; i++) {
      if ((taken & 1L << i) != 0) {
        buckets[i].putBack();
      }
      if ((unleased & 1L << i) != 0 && buckets[i].policy.storeAway() == Policy.StoreAway.SHARE) {
        buckets[i].unshare(current.maxGateways);
      }
    }
  }

  private static Decision.@Nullable Refused withoutLease(Bucket bucket, long now, int maxGateways) {
    return switch (bucket.policy.storeAway()) {
      case HOLD -> new Decision.Refused(bucket.policy, true, 1);
      case OPEN -> null;
      case SHARE -> {
        long nanos = bucket.share(now, maxGateways);
        yield nanos == 0 ? null : refused(bucket.policy, nanos);
      }
    };
  }

  /// Whole seconds, never before the instant.
  private static Decision.Refused refused(Policy policy, long nanos) {
    return new Decision.Refused(policy, false, Math.max(1, (nanos + NANOS - 1) / NANOS));
  }

  private Subject.Resolved resolved(Subject subject, Policies current) {
    Subject.Resolved resolved = subject.resolved();
    if (resolved == null || resolved.policies != current) {
      resolved = resolve(subject, current);
      // one that found no place is looked up again
      subject.resolved(resolved.buckets == null ? null : resolved);
    }
    return resolved;
  }

  private Subject.Resolved resolve(Subject subject, Policies current) {
    List<Bucket> found = new ArrayList<>();
    List<Policy> streams = new ArrayList<>();
    boolean full = false;
    for (Policy policy : current.of(subject)) {
      if (policy.limitsStreams()) {
        streams.add(policy);
      } else {
        Bucket bucket = bucket(subject, policy);
        if (bucket == null) {
          full = true;
        } else {
          found.add(bucket);
        }
      }
    }
    return new Subject.Resolved(current, full ? null : found.toArray(Bucket[]::new), streams);
  }

  private @Nullable Bucket bucket(Subject subject, Policy policy) {
    Bucket.Key key = policy.bucket(subject);
    Bucket bucket = buckets.get(key);
    if (bucket == null) {
      if (buckets.size() >= settings.maxKeys()) {
        return null;
      }
      Account account =
          accounts.computeIfAbsent(new Account.Key(key.tenant(), key.limit()), _ -> new Account());
      bucket =
          buckets.computeIfAbsent(key, _ -> new Bucket(key, policy, account, clock.getAsLong()));
    }
    if (!bucket.policy.equals(policy)) {
      bucket.policy(policy);
      agent.signal(bucket);
    }
    return bucket;
  }

  Map<Bucket.Key, Bucket> buckets() {
    return buckets;
  }

  @Nullable Policies policies() {
    return policies;
  }

  void policies(Policies next) {
    policies = next;
  }

  boolean away() {
    return away;
  }

  void away(boolean value) {
    away = value;
  }
}
