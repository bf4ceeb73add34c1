package io.plimsoll.gateway.service;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/// Every service of the configuration, chosen by the longest prefix of its path. Paths are not
/// rewritten.
public final class Services {

  private record Owned(String prefix, Service service) {}

  private final List<Service> all;
  private final List<Owned> longestFirst;

  /// @throws InvalidConfigurationPropertyValueException when two have one prefix, or one opens a
  ///   path that is not its own or twice
  Services(List<Service> all) {
    this.all = List.copyOf(all);
    Map<String, Service> owners = new HashMap<>();
    for (Service service : all) {
      for (String prefix : service.paths()) {
        Service other = owners.put(prefix, service);
        if (other != null && !other.equals(service)) {
          throw slip(service, "path", prefix, "It is a path of " + other.name() + " already.");
        }
      }
    }
    this.longestFirst =
        owners.entrySet().stream()
            .map(owner -> new Owned(owner.getKey(), owner.getValue()))
            .sorted(Comparator.comparingInt((Owned owned) -> owned.prefix.length()).reversed())
            .toList();
    all.forEach(this::check);
  }

  private void check(Service service) {
    expectOwn(service, "public-paths", service.publicPaths());
    expectOwn(service, "client-paths", service.clientPaths());
    for (String path : service.clientPaths()) {
      if (service.publicPaths().contains(path)) {
        throw slip(service, "client-paths", path, "It is one of public-paths already.");
      }
    }
  }

  private void expectOwn(Service service, String property, Set<String> paths) {
    for (String path : paths) {
      if (!service.equals(at(path))) {
        throw slip(service, property, path, "No path of " + service.name() + " leads there.");
      }
    }
  }

  private static InvalidConfigurationPropertyValueException slip(
      Service service, String property, Object value, String reason) {
    return new InvalidConfigurationPropertyValueException(
        "plimsoll.gateway.services." + service.name() + "." + property, value, reason);
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
