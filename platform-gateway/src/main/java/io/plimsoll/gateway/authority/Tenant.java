package io.plimsoll.gateway.authority;

import java.util.Set;

/// A customer of the platform, as far as a gateway needs to know it.
///
/// @param plan under which its limits stand
/// @param origins of pages that may call the platform with its tokens
public record Tenant(String id, boolean disabled, String plan, Set<String> origins) {

  public Tenant {
    origins = Set.copyOf(origins);
  }
}
