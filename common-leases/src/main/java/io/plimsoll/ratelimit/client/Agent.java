package io.plimsoll.ratelimit.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// The thread behind [Leases]: watches what is used, asks for more in time, gives back what is not,
/// and lets go of who waits.
///
/// At most one call is under way, so demands gather while it is: a call's size grows with the load,
/// and its number does not. A demand whose answer is lost is made again under the same lease's
/// name, which the service answers as it did before. So never more than a bucket's `most` is held
/// or under way.
final class Agent implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(Agent.class);

  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long TICK = 200 * MILLI;

  /// Units that nobody took for so long go back.
  private static final long IDLE = 1_000 * MILLI;

  /// A bucket without anything is forgotten after this time.
  private static final long FORGOTTEN = 5_000 * MILLI;

  /// Demands of one moment go in one call; a bucket that would run dry sooner is asked for sooner.
  private static final long GATHER = 50 * MILLI;

  private static final long MIN_BACKOFF = 100 * MILLI;
  private static final long MAX_BACKOFF = 1_000 * MILLI;

  /// A bucket is filled for so many seconds of its demand...
  private static final double HORIZON = 2;

  /// ...and filled up along with others from this part of it on.
  private static final double ALONG = 0.6;

  private static final double SECOND = 1e9;

  /// Longer and longer from one failure to the next.
  private static final class Backoff {

    private long until;
    private long next = MIN_BACKOFF;

    void goOn(long now) {
      until = now + next;
      next = Math.min(MAX_BACKOFF, 2 * next);
    }

    void end(long now) {
      until = now;
      next = MIN_BACKOFF;
    }
  }

  private record Asked(Bucket bucket, long lease, List<Bucket.Return> returns) {}

  private record InFlight(
      long sequence, long deadline, List<Asked> demands, List<Streams.Asked> streams) {}

  private final Leases leases;
  private final Transport transport;
  private final LeaseSettings settings;
  private final LongSupplier clock;
  private final Thread thread;
  private final Streams streams = new Streams(this);

  private final Queue<Runnable> events = new ConcurrentLinkedQueue<>();
  private final Queue<Bucket> signals = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile boolean sleeping;
  private volatile boolean closed;
  private final LongAdder calls = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder waited = new LongAdder();

  // this thread's own
  private final Set<Bucket> active = new LinkedHashSet<>();
  private final Set<Bucket> lacking = new LinkedHashSet<>();
  private @Nullable Bucket lacked;
  private @Nullable InFlight inFlight;
  private boolean callWanted;
  private long callAt;
  private final Backoff service = new Backoff();

  /// Of buckets in a part of the store that is away. The others are not held up by it.
  private final Backoff part = new Backoff();

  private long sequence;
  private long leaseNames;
  private long ttl = 10_000 * MILLI;
  private long tickAt;
  private long tickedAt;
  private long forgetAt;
  private boolean policiesInFlight;
  private boolean policiesMissed;
  private long policiesAt;
  private @Nullable String policiesTag;

  Agent(Leases leases, Transport transport, LeaseSettings settings, LongSupplier clock) {
    this.leases = leases;
    this.transport = transport;
    this.settings = settings;
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("leases").unstarted(this);
  }

  void start() {
    long now = now();
    tickAt = now;
    tickedAt = now;
    policiesAt = now;
    service.end(now);
    part.end(now);
    forgetAt = now + FORGOTTEN;
    thread.start();
  }

  // any thread

  /// A bucket runs low, or was found without a unit.
  void signal(Bucket bucket) {
    if (!bucket.signalled.get() && bucket.signalled.compareAndSet(false, true)) {
      signals.add(bucket);
      wake();
    }
  }

  /// Whether there is place for one more that waits.
  boolean await(Subject subject, Consumer<Decision> later) {
    if (closed || waiting.incrementAndGet() > settings.maxWaiting()) {
      waiting.decrementAndGet();
      return false;
    }
    long now = now();
    Waiter waiter =
        new Waiter(
            subject,
            later,
            now + settings.patience().toNanos(),
            now + settings.callTimeout().toNanos());
    run(() -> arrived(waiter));
    return true;
  }

  CompletionStage<StreamAdmission> open(Subject subject, List<Policy> limits) {
    CompletableFuture<StreamAdmission> result = new CompletableFuture<>();
    // a stream can wait until it is known what became of the call: it stays longer than that
    long deadline = now() + settings.callTimeout().toNanos();
    run(() -> streams.open(subject, limits, deadline, result));
    return result;
  }

  void run(Runnable event) {
    events.add(event);
    wake();
  }

  private void wake() {
    if (sleeping) {
      LockSupport.unpark(thread);
    }
  }

  long now() {
    return clock.getAsLong();
  }

  long calls() {
    return calls.sum();
  }

  long failures() {
    return failures.sum();
  }

  long waited() {
    return waited.sum();
  }

  boolean away() {
    return leases.away();
  }

  int maxGateways() {
    Policies policies = leases.policies();
    return policies == null ? 1 : policies.maxGateways;
  }

  void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      if (!done.await(2, TimeUnit.SECONDS)) {
        log.warn("Leases were not given back in time; they end by themselves");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // the agent's thread

  @Override
  public void run() {
    while (!closed) {
      long next;
      try {
        next = step(now());
      } catch (RuntimeException e) {
        log.error("Leases: a step failed, the next one is tried", e);
        next = now() + MIN_BACKOFF;
      }
      sleeping = true;
      if (events.isEmpty() && signals.isEmpty() && !closed) {
        LockSupport.parkNanos(this, Math.max(1, next - now()));
      }
      sleeping = false;
    }
    end();
  }

  /// Everything there is to do; when the next thing is due.
  private long step(long now) {
    for (Runnable event = events.poll(); event != null; event = events.poll()) {
      event.run();
    }
    for (Bucket bucket = signals.poll(); bucket != null; bucket = signals.poll()) {
      bucket.signalled.set(false);
      low(bucket, now);
    }
    InFlight call = inFlight;
    if (call != null && now - call.deadline >= 0) {
      failed(call, "no answer in time");
    }
    long next = now + TICK;
    next = earlier(next, expireWaiters(now));
    next = earlier(next, streams.expire(now));
    if (now - tickAt >= 0) {
      tick(now);
      tickAt = now + TICK;
    }
    if (now - policiesAt >= 0 && !policiesInFlight) {
      fetchPolicies();
    }
    Long report = streams.nextReport();
    if (report != null && now - report >= 0) {
      callBy(now);
    }
    if (callWanted && inFlight == null) {
      long at = callAt - service.until > 0 ? callAt : service.until;
      if (now - at >= 0) {
        call(now);
      } else {
        next = earlier(next, at);
      }
    }
    return next;
  }

  private static long earlier(long one, @Nullable Long other) {
    return other != null && other - one < 0 ? other : one;
  }

  /// A call should leave by then.
  void callBy(long at) {
    if (!callWanted || at - callAt < 0) {
      callWanted = true;
      callAt = at;
    }
  }

  private void low(Bucket bucket, long now) {
    activate(bucket, now);
    if (bucket.outdated) {
      bucket.outdated = false;
      bucket.giveBack(now + ttl);
    }
    bucket.due = true;
    int held = bucket.held();
    double lasts = bucket.demand > 0 ? held / bucket.demand * SECOND / 2 : 0;
    callBy(now + (long) Math.min((double) GATHER, lasts));
  }

  private void activate(Bucket bucket, long now) {
    if (!bucket.active && !bucket.evicted) {
      bucket.active = true;
      bucket.usedAt = now;
      active.add(bucket);
    }
  }

  private void arrived(Waiter waiter) {
    waited.increment();
    lacked = null;
    Decision decision = leases.decide(waiter.subject(), false, this::lacking);
    Bucket bucket = lacked;
    if (decision != null || bucket == null) {
      complete(waiter, decision);
    } else {
      join(waiter, bucket);
    }
  }

  private void join(Waiter waiter, Bucket bucket) {
    long now = now();
    activate(bucket, now);
    bucket.waiters.add(waiter);
    lacking.add(bucket);
    callBy(now);
  }

  private void complete(Waiter waiter, @Nullable Decision decision) {
    waiting.decrementAndGet();
    try {
      waiter.later().accept(decision == null ? new Decision.Refused(null, true, 1) : decision);
    } catch (RuntimeException e) {
      log.error("Leases: what was to be done with a decision failed", e);
    }
  }

  /// Decides for those who can be, in their order.
  private void serve(Bucket bucket) {
    Waiter waiter = bucket.waiters.peek();
    while (waiter != null) {
      lacked = null;
      Decision decision = leases.decide(waiter.subject(), false, this::lacking);
      Bucket now = lacked;
      if (decision == null && now == bucket) {
        return;
      }
      bucket.waiters.poll();
      if (decision == null && now != null) {
        join(waiter, now);
      } else {
        complete(waiter, decision);
      }
      waiter = bucket.waiters.peek();
    }
    lacking.remove(bucket);
  }

  private void lacking(Bucket bucket) {
    lacked = bucket;
  }

  private @Nullable Long expireWaiters(long now) {
    Long next = null;
    for (Bucket bucket : List.copyOf(lacking)) {
      endOverdue(bucket, now);
      Waiter first = bucket.waiters.peek();
      while (first != null && now - first.dueAt() >= 0) {
        bucket.waiters.poll();
        lacked = null;
        Decision decision = leases.decide(first.subject(), true, this::lacking);
        Bucket lacks = lacked;
        if (lacks == null || leases.away() || lacks.away) {
          complete(first, decision);
        } else if (lacks == bucket) {
          bucket.waiters.addFirst(first.dueAt(now + TICK)); // those behind it are no better off
        } else {
          join(first.dueAt(now + TICK), lacks);
        }
        first = bucket.waiters.peek();
      }
      if (first == null) {
        lacking.remove(bucket);
      } else if (next == null || first.dueAt() - next < 0) {
        next = first.dueAt();
      }
    }
    return next;
  }

  /// Who waited for another bucket before may have to end before those who came earlier.
  private void endOverdue(Bucket bucket, long now) {
    List<Waiter> overdue = new ArrayList<>();
    bucket.waiters.removeIf(waiter -> now - waiter.endsAt() >= 0 && overdue.add(waiter));
    for (Waiter waiter : overdue) {
      complete(waiter, leases.decide(waiter.subject(), true, this::lacking));
    }
  }

  /// Looks at what was used.
  private void tick(long now) {
    double seconds = Math.max(0.001, (now - tickedAt) / SECOND);
    tickedAt = now;
    var all = active.iterator();
    while (all.hasNext()) {
      Bucket bucket = all.next();
      bucket.sweep(now, now + ttl);
      long spent = bucket.spent();
      long used = spent - bucket.sampledSpent;
      bucket.sampledSpent = spent;
      double rate = used / seconds;
      // up at once, down slowly: a unit too few makes somebody wait
      bucket.demand += (rate > bucket.demand ? 0.5 : 0.2) * (rate - bucket.demand);
      if (used > 0 || !bucket.waiters.isEmpty()) {
        bucket.usedAt = now;
      } else if (now - bucket.usedAt >= IDLE) {
        bucket.demand = 0; // what only decays never says that nothing is wanted
      }
      int held = bucket.held();
      int target = target(bucket);
      if (held > 0
          && (now - bucket.usedAt >= IDLE
              || (held > 4 * target + 4 && bucket.demand < held / 8.0))) {
        bucket.giveBack(now + ttl);
        bucket.due = now - bucket.usedAt < IDLE;
        callBy(now + GATHER);
      } else if (held < ALONG / 2 * target && mayAsk(bucket, now)) {
        callBy(now);
      }
      if (now - bucket.usedAt >= 2 * IDLE
          && bucket.held() == 0
          && bucket.waiters.isEmpty()
          && bucket.asked == 0
          && !worthReturning(bucket, now)) {
        bucket.giveBack(now);
        bucket.returns.clear();
        bucket.demand = 0;
        bucket.lastGranted = 0;
        bucket.due = false;
        bucket.away = false;
        bucket.active = false;
        all.remove();
      } else if (bucket.away) {
        callBy(part.until);
      }
    }
    if (now - forgetAt >= 0) {
      forgetAt = now + FORGOTTEN;
      forget(now);
    }
  }

  private void forget(long now) {
    for (Bucket bucket : leases.buckets().values()) {
      if (!bucket.active
          && now - bucket.usedAt >= FORGOTTEN
          && mayAsk(bucket, now)
          && !bucket.shared(now)
          && !bucket.signalled.get()) {
        bucket.evicted = true;
        leases.buckets().remove(bucket.key);
      }
    }
  }

  private static int target(Bucket bucket) {
    return (int) Math.min(bucket.policy.most(), Math.ceil(Math.min(1e9, bucket.demand * HORIZON)));
  }

  private static boolean mayAsk(Bucket bucket, long now) {
    return !(bucket.empty && now - bucket.emptyUntil < 0);
  }

  private static boolean worthReturning(Bucket bucket, long now) {
    bucket.returns.removeIf(returned -> now - returned.dropAt() >= 0);
    return bucket.returns.stream().anyMatch(returned -> returned.units() > 0);
  }

  private int want(Bucket bucket, int held, long now) {
    if (!mayAsk(bucket, now)) {
      return 0;
    }
    Policy policy = bucket.policy;
    int room = policy.most() - held;
    int waiters = bucket.waiters.size();
    int least = Math.max(waiters, ((bucket.due && policy.shadow()) || bucket.away) ? 1 : 0);
    if (policy.asksEachTime()) {
      return Math.max(0, Math.min(room, least - held));
    }
    int target = target(bucket);
    int want = 0;
    if (least > 0 || bucket.due || held < ALONG * target) {
      want = Math.max(least, target - held);
      if (bucket.due || waiters > 0) {
        // it ran dry or nearly so: the demand is not known yet, twice as much may be right
        want = Math.max(want, Math.max(1, held == 0 ? 2 * bucket.lastGranted : 1));
      }
    }
    return Math.max(0, Math.min(room, want));
  }

  private void call(long now) {
    callWanted = false;
    // half at most, so that neither kind keeps the other out
    int half = Math.max(1, settings.maxDemands() / 2);
    List<Streams.Asked> counts = streams.ask(now, half);
    if (counts.size() == half) {
      callBy(now);
    }
    List<Asked> asked = new ArrayList<>();
    List<Wire.Demand> demands = new ArrayList<>();
    for (Bucket bucket : active) {
      if (demands.size() + counts.size() == settings.maxDemands()) {
        callBy(now);
        break;
      }
      Wire.Demand demand = demand(bucket, now);
      if (demand != null) {
        demands.add(demand);
        asked.add(
            new Asked(bucket, demand.want() > 0 ? demand.lease() : 0, List.copyOf(bucket.returns)));
      }
    }
    // an empty call asks whether the service is there again
    if (!demands.isEmpty() || !counts.isEmpty() || leases.away()) {
      send(
          new InFlight(++sequence, now + settings.callTimeout().toNanos(), asked, counts), demands);
    }
  }

  private Wire.@Nullable Demand demand(Bucket bucket, long now) {
    bucket.sweep(now, now + ttl);
    if (bucket.away && now - part.until < 0) {
      return null;
    }
    if (bucket.asked != 0 && now - bucket.askedAt - ttl >= 0) {
      bucket.asked = 0; // over, whatever became of it
    }
    int held = bucket.held();
    if (bucket.asked == 0) {
      int want = want(bucket, held, now);
      if (want > 0) {
        bucket.asked = ++leaseNames;
        bucket.askedUnits = want;
        bucket.askedAt = now;
      }
    }
    bucket.due = false;
    boolean returning = worthReturning(bucket, now);
    if (bucket.asked == 0 && !returning) {
      return null;
    }
    Policy policy = bucket.policy;
    return new Wire.Demand(
        bucket.key.tenant(),
        policy.id(),
        policy.key(bucket.key),
        bucket.asked,
        bucket.asked == 0 ? 0 : bucket.askedUnits,
        held,
        bucket.returns.isEmpty()
            ? null
            : bucket.returns.stream()
                .limit(100)
                .map(returned -> new Wire.Returned(returned.lease(), returned.units()))
                .toList());
  }

  private void send(InFlight call, List<Wire.Demand> demands) {
    inFlight = call;
    calls.increment();
    String body =
        Wire.JSON.writeValueAsString(
            new Wire.Call(
                leases.boot(),
                call.sequence,
                demands,
                call.streams.stream().map(Streams.Asked::wire).toList()));
    CompletionStage<Transport.Answer> exchange;
    try {
      exchange = transport.exchange("/internal/v1/leases", body, null);
    } catch (RuntimeException e) {
      exchange = CompletableFuture.failedStage(e);
    }
    // read by this thread, for the other may be an event loop
    var _ = exchange.whenComplete((answer, failure) -> run(() -> received(call, answer, failure)));
  }

  private void received(
      InFlight call, Transport.@Nullable Answer answer, @Nullable Throwable failure) {
    if (failure != null || answer == null) {
      failed(call, String.valueOf(failure));
    } else if (answer.status() != 200) {
      failed(call, "status " + answer.status());
    } else {
      Wire.Answer read = read(answer, Wire.Answer.class);
      if (read == null) {
        failed(call, "an answer that makes no sense");
      } else {
        answered(call, read);
      }
    }
  }

  /// Null for what makes no sense.
  private static <T> @Nullable T read(Transport.Answer answer, Class<T> as) {
    try {
      return Wire.JSON.readValue(answer.body(), as);
    } catch (JacksonException _) {
      return null;
    }
  }

  private boolean awaited(InFlight call) {
    return inFlight != null && inFlight.sequence == call.sequence;
  }

  private void answered(InFlight call, Wire.Answer answer) {
    if (!awaited(call)) {
      return; // its demands are made again under the same names
    }
    if (answer.sequence() != call.sequence
        || answer.assignments().size() != call.demands.size()
        || answer.streams().size() != call.streams.size()) {
      failed(call, "an answer to something else");
      return;
    }
    inFlight = null;
    long now = now();
    service.end(now);
    if (leases.away()) {
      leases.away(false);
      log.info("ratelimit-service answers again");
    }
    ttl = answer.ttlMillis() * MILLI;
    Policies policies = leases.policies();
    boolean current = policies != null && policies.version.equals(answer.policies());
    if (!current) {
      policiesAt = now;
    }
    for (int i = 0; i < call.demands.size(); i++) {
      assigned(call.demands.get(i), answer.assignments().get(i), current, now);
    }
    if (answer.assignments().stream().anyMatch(Wire.Assignment::away)) {
      part.goOn(now);
    } else if (active.stream().noneMatch(bucket -> bucket.away)) {
      part.end(now);
    }
    streams.answered(call.streams, answer.streams(), now);
    for (Bucket bucket : List.copyOf(lacking)) {
      serve(bucket);
      if (!bucket.waiters.isEmpty()) {
        callBy(now);
      }
    }
  }

  /// @param current by the policies that are known here
  private void assigned(Asked asked, Wire.Assignment assignment, boolean current, long now) {
    Bucket bucket = asked.bucket;
    if (assignment.away()) {
      bucket.away = true;
      return;
    }
    bucket.away = false;
    bucket.returns.removeAll(new HashSet<>(asked.returns));
    if (assignment.unknown()) {
      bucket.asked = 0;
      bucket.away = true; // until the policies that this call was made by are replaced
      return;
    }
    bucket.available = assignment.available();
    if (asked.lease == 0) {
      return;
    }
    bucket.asked = 0;
    bucket.empty = assignment.emptyMillis() > 0;
    long empty = assignment.emptyMillis();
    bucket.emptyUntil = now + (current ? empty : Math.min(empty, 1_000)) * MILLI;
    if (assignment.units() > 0) {
      bucket.lastGranted = assignment.units();
      bucket.add(new Lease(asked.lease, assignment.units(), bucket.askedAt + ttl));
      if (bucket.policy.asksEachTime() && bucket.waiters.isEmpty()) {
        bucket.giveBack(now + ttl); // whoever asked waited no longer
        callBy(now + GATHER);
      }
    }
  }

  private void failed(InFlight call, Object reason) {
    if (!awaited(call)) {
      return;
    }
    inFlight = null;
    failures.increment();
    long now = now();
    if (!leases.away()) {
      leases.away(true);
      // as a text: a throwable would be logged with its stack, and leave the place empty
      log.warn(
          "ratelimit-service does not answer, each policy's store-away mode holds: {}",
          reason.toString());
    }
    service.goOn(now);
    callBy(service.until);
    call.demands.forEach(asked -> asked.bucket.away = true);
    call.streams.forEach(streams::failed);
    for (Bucket bucket : List.copyOf(lacking)) {
      serve(bucket);
    }
  }

  private void fetchPolicies() {
    policiesInFlight = true;
    CompletionStage<Transport.Answer> exchange;
    try {
      exchange = transport.exchange("/internal/v1/policies", null, policiesTag);
    } catch (RuntimeException e) {
      exchange = CompletableFuture.failedStage(e);
    }
    var _ = exchange.whenComplete((answer, failure) -> run(() -> fetched(answer, failure)));
  }

  private void fetched(Transport.@Nullable Answer answer, @Nullable Throwable failure) {
    policiesInFlight = false;
    long now = now();
    boolean known = leases.policies() != null;
    policiesAt = now + (known ? settings.policiesRefresh().toNanos() : MIN_BACKOFF);
    Wire.Published published =
        answer != null && answer.status() == 200 ? read(answer, Wire.Published.class) : null;
    if (published == null && (answer == null || answer.status() != 304)) {
      if (!known && !policiesMissed) {
        policiesMissed = true; // said once: it is asked five times a second
        log.warn(
            "Policies can't be fetched: {}",
            failure != null
                ? failure.toString()
                : "status " + (answer == null ? 0 : answer.status()));
      }
      return;
    }
    if (published != null && answer != null) {
      policiesTag = answer.tag();
      Policies policies = leases.policies();
      if (policies == null || !policies.version.equals(published.version())) {
        leases.policies(
            new Policies(published.version(), published.maxGateways(), published.policies()));
      }
    }
  }

  /// The last call: everything goes back, nobody waits any more, and no stream is open.
  private void end() {
    try {
      for (Runnable event = events.poll(); event != null; event = events.poll()) {
        event.run();
      }
      long now = now();
      Map<Bucket, Wire.Demand> last = new HashMap<>();
      for (Bucket bucket : active) {
        Waiter waiter = bucket.waiters.poll();
        while (waiter != null) {
          complete(waiter, null);
          waiter = bucket.waiters.poll();
        }
        bucket.giveBack(now + ttl);
        if (worthReturning(bucket, now) && last.size() < settings.maxDemands()) {
          Policy policy = bucket.policy;
          last.put(
              bucket,
              new Wire.Demand(
                  bucket.key.tenant(),
                  policy.id(),
                  policy.key(bucket.key),
                  0,
                  0,
                  0,
                  bucket.returns.stream()
                      .limit(100)
                      .map(returned -> new Wire.Returned(returned.lease(), returned.units()))
                      .toList()));
        }
      }
      List<Wire.Streams> ended = streams.close(settings.maxDemands() - last.size());
      if (!last.isEmpty() || !ended.isEmpty()) {
        calls.increment();
        String body =
            Wire.JSON.writeValueAsString(
                new Wire.Call(leases.boot(), ++sequence, List.copyOf(last.values()), ended));
        transport
            .exchange("/internal/v1/leases", body, null)
            .toCompletableFuture()
            .get(1, TimeUnit.SECONDS);
      }
    } catch (Exception e) {
      log.info("Leases could not be given back, they end by themselves: {}", e.toString());
    } finally {
      done.countDown();
    }
  }
}
