package io.plimsoll.ratelimit.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What this gateway holds of one bucket, and the view of it that an admitted request gets.
///
/// Requests take units from the leases, a list with the oldest first. Only the agent's thread
/// changes the list, and everything below "the agent's".
final class Bucket implements Decision.Admitted {

  private static final double NANOS = 1e9;

  /// How early a unit of the share may be taken.
  private static final long SHARE_AHEAD = TimeUnit.MILLISECONDS.toNanos(250);

  /// A bucket is for exactly the requests of a tenant that have all of this. Of two policies of a
  /// limit that come to one key both fit each of these requests, so the same one always holds: a
  /// bucket has one policy at a time, and outlives a change of it.
  ///
  /// @param user where the policy names one, or is per user; else null, for any. So the next ones
  record Key(
      String tenant,
      String limit,
      @Nullable String user,
      @Nullable String apiKey,
      @Nullable String routeClass) {}

  /// A lease that is over, until the service has acknowledged it.
  ///
  /// @param dropAt when no credit can come of it any more
  record Return(long lease, int units, long dropAt) {}

  final Key key;
  final Account account;
  private final AtomicLong shareFrom;
  volatile Policy policy;
  private volatile String policyItem;
  volatile @Nullable Lease leases;

  /// What the service last said there is beside what is held here.
  volatile long available;

  volatile boolean empty;
  volatile long emptyUntil;

  /// Its last demand was not answered.
  volatile boolean away;

  volatile boolean evicted;

  /// What is held was granted by another policy.
  volatile boolean outdated;

  final AtomicBoolean signalled = new AtomicBoolean();

  // the agent's
  final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  final List<Return> returns = new ArrayList<>();
  boolean active;
  boolean due;
  long dueAt;
  double demand;
  long sampledSpent;
  long closedSpent;
  long usedAt;
  int lastGranted;

  /// The name of the lease asked for and not heard of, 0 for none; it is asked for again under it.
  long asked;

  int askedUnits;
  long askedAt;

  Bucket(Key key, Policy policy, Account account, long now) {
    this.key = key;
    this.policy = policy;
    this.policyItem = policy.headerItem();
    this.account = account;
    this.shareFrom = new AtomicLong(now);
    this.usedAt = now;
    this.available = policy.burst();
  }

  /// What the former one left empty for long may not be by this one, nor what it granted right.
  void policy(Policy changed) {
    policy = changed;
    policyItem = changed.headerItem();
    empty = false;
    outdated = true;
  }

  /// A request's unit, and whether more should be asked for: no unit: -1; a unit: 0; a unit, and
  /// few are left: 1.
  int take(long now) {
    for (Lease lease = leases; lease != null; lease = lease.next) {
      if (now - lease.end < 0) {
        int left = lease.take();
        if (left >= 0) {
          return left == lease.low && lease.next == null ? 1 : 0;
        }
      }
    }
    return -1;
  }

  /// Undoes a [#take]: another policy refused the request. Units of one bucket are alike, so any
  /// open lease will do.
  void putBack() {
    for (Lease lease = leases; lease != null; lease = lease.next) {
      if (lease.putBack()) {
        return;
      }
    }
    account.spent.decrement();
    account.expired.increment();
  }

  /// A unit of this gateway's own part of the rate, by the generic cell rate algorithm (ITU-T
  /// I.371): units may come up to [#SHARE_AHEAD] early, or what two requests of one moment have in
  /// common, like their API key, would refuse one of them by chance. However often a gateway is cut
  /// off it admits at most 1 + rate * (w + SHARE_AHEAD) / maxGateways.
  ///
  /// @return 0, or nanoseconds until there is one
  long share(long now, int maxGateways) {
    long interval = shareInterval(maxGateways);
    while (true) {
      long from = shareFrom.get();
      long early = Math.max(0, from - now);
      if (early > SHARE_AHEAD) {
        return early - SHARE_AHEAD;
      }
      if (shareFrom.compareAndSet(from, now + early + interval)) {
        return 0;
      }
    }
  }

  /// Undoes a [#share].
  void unshare(int maxGateways) {
    shareFrom.addAndGet(-shareInterval(maxGateways));
  }

  private long shareInterval(int maxGateways) {
    return (long) Math.min(Long.MAX_VALUE / 4.0, maxGateways / policy.rate() * NANOS);
  }

  /// Whether its own part is used up; forgotten now, it would start with a unit again.
  boolean shared(long now) {
    return now - shareFrom.get() < 0;
  }

  int held() {
    int held = 0;
    for (Lease lease = leases; lease != null; lease = lease.next) {
      held += lease.left();
    }
    return held;
  }

  @Override
  public Policy policy() {
    return policy;
  }

  @Override
  public String policyItem() {
    return policyItem;
  }

  @Override
  public long remaining() {
    return Math.min(policy.burst(), available + held());
  }

  @Override
  public long resetSeconds() {
    return (long) Math.ceil((policy.burst() - remaining()) / policy.rate());
  }

  // the agent's

  /// Units spent since the bucket is known.
  long spent() {
    long spent = closedSpent;
    for (Lease lease = leases; lease != null; lease = lease.next) {
      spent += lease.granted - lease.left();
    }
    return spent;
  }

  void add(Lease lease) {
    account.granted.add(lease.granted);
    Lease last = leases;
    if (last == null) {
      leases = lease;
      return;
    }
    for (Lease next = last.next; next != null; next = last.next) {
      last = next;
    }
    last.next = lease;
  }

  /// Takes out what has ended or is spent. A spent lease is reported with the next demand, so that
  /// the service forgets it; the newest stays to take units back.
  void sweep(long now, long dropAt) {
    Lease before = null;
    for (Lease lease = leases; lease != null; lease = lease.next) {
      boolean ended = now - lease.end >= 0;
      if (ended || (lease.next != null && lease.get() == 0)) {
        int rest = close(lease, before);
        account.expired.add(rest);
        if (!ended) {
          returns.add(new Return(lease.name, 0, dropAt));
        }
      } else {
        before = lease;
      }
    }
  }

  /// Gives everything back.
  void giveBack(long dropAt) {
    for (Lease lease = leases; lease != null; lease = lease.next) {
      int rest = close(lease, null);
      account.returned.add(rest);
      returns.add(new Return(lease.name, rest, dropAt));
    }
  }

  private int close(Lease lease, @Nullable Lease before) {
    int rest = lease.close();
    int used = lease.granted - rest;
    closedSpent += used;
    account.spent.add(used);
    if (before == null) {
      leases = lease.next;
    } else {
      before.next = lease.next;
    }
    return rest;
  }
}
