package io.plimsoll.local.service;

import java.util.Map;

/// What `up` was asked for.
///
/// @param instances how many of a service, where it is not one
/// @param environment variables of a service, by its name, above all others
public record ServiceOptions(
    Map<String, Integer> instances, Map<String, Map<String, String>> environment) {

  public ServiceOptions {
    instances = Map.copyOf(instances);
    environment = Map.copyOf(environment);
  }
}
