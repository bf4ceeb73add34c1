package io.plimsoll.ratelimit.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// All policies of one version, found by tenant.
final class Policies {

  final String version;
  final int maxGateways;
  private final Map<String, List<Policy>> ofTenant = new HashMap<>();
  private final List<Policy> general = new ArrayList<>();

  Policies(String version, int maxGateways, List<Policy> all) {
    this.version = version;
    this.maxGateways = Math.max(1, maxGateways);
    for (Policy policy : all) {
      (policy.tenant() == null
              ? general
              : ofTenant.computeIfAbsent(policy.tenant(), _ -> new ArrayList<>()))
          .add(policy);
    }
  }

  /// The ones that hold for a caller, at most one per limit; the tightest come first, so that fewer
  /// units are taken and put back.
  List<Policy> of(Subject subject) {
    Map<String, Policy> chosen = new HashMap<>();
    general.forEach(policy -> choose(chosen, policy, subject));
    ofTenant
        .getOrDefault(subject.tenant(), List.of())
        .forEach(policy -> choose(chosen, policy, subject));
    return chosen.values().stream()
        .sorted(Comparator.comparingDouble(Policy::rate).thenComparing(Policy::limit))
        .toList();
  }

  private static void choose(Map<String, Policy> chosen, Policy policy, Subject subject) {
    if (policy.fits(subject)) {
      chosen.merge(
          policy.limit(),
          policy,
          (one, other) -> other.specificity() > one.specificity() ? other : one);
    }
  }
}
