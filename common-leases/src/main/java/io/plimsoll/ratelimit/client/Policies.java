package io.plimsoll.ratelimit.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// All policies of one version, found by tenant.
final class Policies {

  private static final String DEFAULT_PLAN = "default";

  final String version;
  final int maxGateways;
  private final Map<String, List<Policy>> ofTenant = new HashMap<>();
  private final List<Policy> general = new ArrayList<>();
  private final Set<String> plans = new HashSet<>();

  Policies(String version, int maxGateways, List<Policy> all) {
    this.version = version;
    this.maxGateways = Math.max(1, maxGateways);
    for (Policy policy : all) {
      if (policy.plan() != null) {
        plans.add(policy.plan());
      }
      (policy.tenant() == null
              ? general
              : ofTenant.computeIfAbsent(policy.tenant(), _ -> new ArrayList<>()))
          .add(policy);
    }
  }

  /// A limit's policies on rates and those on open streams are for themselves.
  private record Kind(String limit, boolean streams) {}

  /// The ones that hold for a caller, at most one per limit and kind; the tightest come first, so
  /// that fewer units are taken and put back. A plan that no policy knows is the plan `default`: a
  /// slip in its name must not free its tenants of all limits.
  List<Policy> of(Subject subject) {
    String plan = plans.contains(subject.plan()) ? subject.plan() : DEFAULT_PLAN;
    Map<Kind, Policy> chosen = new HashMap<>();
    general.forEach(policy -> choose(chosen, policy, subject, plan));
    ofTenant
        .getOrDefault(subject.tenant(), List.of())
        .forEach(policy -> choose(chosen, policy, subject, plan));
    return chosen.values().stream()
        .sorted(Comparator.comparingDouble(Policy::rate).thenComparing(Policy::limit))
        .toList();
  }

  private static void choose(
      Map<Kind, Policy> chosen, Policy policy, Subject subject, String plan) {
    if (policy.fits(subject, plan)) {
      chosen.merge(
          new Kind(policy.limit(), policy.limitsStreams()),
          policy,
          (one, other) -> other.specificity() > one.specificity() ? other : one);
    }
  }
}
