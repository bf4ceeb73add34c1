package io.plimsoll.gateway.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.authority.Known;
import io.plimsoll.gateway.authority.Tenant;
import io.plimsoll.gateway.authority.Tenants;
import io.plimsoll.gateway.revocation.Bearer;
import io.plimsoll.ratelimit.client.Balance;
import io.plimsoll.ratelimit.client.Decision;
import io.plimsoll.ratelimit.client.Leases;
import io.plimsoll.ratelimit.client.Policy;
import io.plimsoll.ratelimit.client.Subject;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The limits that a caller's tenant, API key and user have together at all gateways, decided here
/// from units that were paid for before (module common-leases).
///
/// What is to be known of a caller is kept for all of his tokens. So the ordinary case costs two
/// look-ups, no call and no lock.
public final class Limits implements AutoCloseable {

  /// Who is limited, whatever token he comes with.
  private record Who(
      String tenant, @Nullable String key, @Nullable String user, String routeClass) {}

  private final @Nullable Leases leases;
  private final String boot;
  private final Tenants tenants;
  private final MeterRegistry metrics;

  private final Cache<Who, Subject> subjects;

  private final Counter admitted;
  private final Counter unavailable;
  private final Map<String, Counter> refused = new ConcurrentHashMap<>();

  /// @param leases null: nothing is limited
  /// @param kept callers of whom something is kept
  Limits(@Nullable Leases leases, int kept, Tenants tenants, MeterRegistry metrics) {
    this.leases = leases;
    this.boot = leases == null ? UUID.randomUUID().toString() : leases.boot();
    this.tenants = tenants;
    this.metrics = metrics;
    this.subjects =
        Caffeine.newBuilder()
            .maximumSize(kept)
            // to wake a thread for the upkeep of each entry costs more than the upkeep
            .executor(Runnable::run)
            .build();
    this.admitted =
        Counter.builder("plimsoll.gateway.limits.admitted")
            .description("Requests and streams that took a unit")
            .register(metrics);
    this.unavailable =
        Counter.builder("plimsoll.gateway.limits.unavailable")
            .description("Requests and streams refused because no unit could be asked for")
            .register(metrics);
  }

  /// Takes a unit for one request under every policy that holds for it, or none at all.
  ///
  /// @param later gets the ruling where there is none yet, once, from another thread that it must
  ///   not block: within `call-timeout`, and the time that auth-service takes to tell the plan of a
  ///   tenant never heard of
  /// @return the ruling, in the ordinary case; null where it comes later
  public @Nullable Ruling admit(Bearer caller, String routeClass, Consumer<Ruling> later) {
    Leases leases = this.leases;
    if (leases == null) {
      return Ruling.Admitted.UNLIMITED;
    }
    Subject subject = subject(caller, routeClass);
    if (subject != null) {
      return admit(leases, subject, later);
    }
    var _ =
        whenKnown(caller, routeClass)
            .whenComplete(
                (known, failure) -> {
                  Ruling ruling = failure != null ? counted(NOT_NOW) : admit(leases, known, later);
                  if (ruling != null) {
                    later.accept(ruling);
                  }
                });
    return null;
  }

  /// Counts a stream in under every policy on open streams, or under none. A rate is not asked:
  /// that is [#admit].
  ///
  /// @return completed from another thread that must not be blocked. A failed stage does not occur
  public CompletionStage<Place> open(Bearer caller, String routeClass) {
    Leases leases = this.leases;
    if (leases == null) {
      return CompletableFuture.completedStage(new Place(Ruling.Admitted.UNLIMITED, null));
    }
    Subject subject = subject(caller, routeClass);
    return subject != null
        ? open(leases, subject)
        : whenKnown(caller, routeClass)
            .thenCompose(known -> open(leases, known))
            .exceptionally(_ -> new Place(counted(NOT_NOW), null));
  }

  /// Whether policies are known: without any, every request is refused as unavailable.
  public boolean ready() {
    return leases == null || leases.ready();
  }

  /// The name of this run in the lease protocol, and so in reports of usage.
  public String boot() {
    return boot;
  }

  /// What happened to every unit granted to this run.
  List<Balance> balances() {
    return leases == null ? List.of() : leases.balances();
  }

  @Nullable Leases leases() {
    return leases;
  }

  private static final Decision NOT_NOW = new Decision.Refused(null, true, 1);

  private @Nullable Ruling admit(Leases leases, Subject subject, Consumer<Ruling> later) {
    Decision decision = leases.admit(subject, late -> later.accept(counted(late)));
    return decision == null ? null : counted(decision);
  }

  private CompletionStage<Place> open(Leases leases, Subject subject) {
    return leases
        .open(subject)
        .thenApply(opened -> new Place(counted(opened.decision()), opened.stream()));
  }

  /// What is kept of the caller; null where the tenant's plan was never heard of. A plan that can't
  /// be asked for now stays as it was.
  private @Nullable Subject subject(Bearer caller, String routeClass) {
    Who who = new Who(caller.tenant(), caller.key(), caller.user(), routeClass);
    Subject kept = subjects.getIfPresent(who);
    Known<Tenant> tenant = tenants.peek(caller.tenant());
    if (tenant == null) {
      if (kept != null) {
        var _ = tenants.get(caller.tenant()).toFuture();
      }
      return kept;
    }
    String plan = plan(tenant);
    if (kept == null || !kept.plan().equals(plan)) {
      kept = new Subject(caller.tenant(), plan, caller.key(), caller.user(), routeClass);
      subjects.put(who, kept);
    }
    return kept;
  }

  private CompletionStage<Subject> whenKnown(Bearer caller, String routeClass) {
    return tenants
        .get(caller.tenant())
        .toFuture()
        .thenApply(
            tenant -> {
              Subject kept = subject(caller, routeClass);
              // it may be gone again already
              return kept != null
                  ? kept
                  : new Subject(
                      caller.tenant(),
                      plan(Objects.requireNonNull(tenant)),
                      caller.key(),
                      caller.user(),
                      routeClass);
            });
  }

  /// A tenant that is unknown is refused elsewhere.
  private static String plan(Known<Tenant> tenant) {
    Tenant entry = tenant.entry();
    return entry == null ? "default" : entry.plan();
  }

  private Ruling counted(Decision decision) {
    switch (decision) {
      case Decision.Admitted units -> {
        if (units.policy() != null) {
          admitted.increment();
        }
      }
      case Decision.Refused refusal -> {
        Policy policy = refusal.policy();
        if (policy == null || refusal.unavailable()) {
          unavailable.increment();
        } else {
          refused.computeIfAbsent(policy.limit(), this::refusedBy).increment();
        }
      }
    }
    return Ruling.of(decision);
  }

  private Counter refusedBy(String limit) {
    return Counter.builder("plimsoll.gateway.limits.refused")
        .description("Requests and streams refused with 429")
        .tag("limit", limit)
        .register(metrics);
  }

  /// Gives back what is held.
  @Override
  public void close() {
    if (leases != null) {
      leases.close();
    }
  }
}
