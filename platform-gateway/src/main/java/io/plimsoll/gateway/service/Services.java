package io.plimsoll.gateway.service;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Every service of the configuration, chosen by the longest prefix of its path. Paths are not
/// rewritten.
public final class Services {

  private record Owned(String prefix, Service service) {}

  private final List<Service> all;
  private final List<Owned> longestFirst;

  /// @throws IllegalArgumentException when two have one prefix
  Services(List<Service> all) {
    this.all = List.copyOf(all);
    Map<String, Service> owners = new HashMap<>();
    for (Service service : all) {
      for (String prefix : service.paths()) {
        Service other = owners.put(prefix, service);
        if (other != null && !other.equals(service)) {
          throw new IllegalArgumentException(
              "The path " + prefix + " is of " + other.name() + " and of " + service.name() + ".");
        }
      }
    }
    this.longestFirst =
        owners.entrySet().stream()
            .map(owner -> new Owned(owner.getKey(), owner.getValue()))
            .sorted(Comparator.comparingInt((Owned owned) -> owned.prefix.length()).reversed())
            .toList();
  }

  /// In the order of the configuration.
  public List<Service> all() {
    return all;
  }

  /// Whose a path is; null when it is nobody's.
  public @Nullable Service at(String path) {
    for (Owned owned : longestFirst) {
      String prefix = owned.prefix;
      if (path.startsWith(prefix)
          && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/')) {
        return owned.service;
      }
    }
    return null;
  }
}
