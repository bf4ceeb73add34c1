package io.plimsoll.local.service;

import java.util.List;
import java.util.Map;

/// What `up` was asked for.
///
/// @param instances how many of a service, where it is not one
/// @param environment variables of a service, by its name, above all others
/// @param plan of the demo tenant
public record ServiceOptions(
    Map<String, Integer> instances, Map<String, Map<String, String>> environment, String plan) {

  /// The plan that every tenant has unless it is given another.
  public static final String PLAN = "default";

  /// The plans that every platform has.
  static final List<String> PLANS = List.of(PLAN, "load");

  public ServiceOptions {
    instances = Map.copyOf(instances);
    environment = Map.copyOf(environment);
  }
}
