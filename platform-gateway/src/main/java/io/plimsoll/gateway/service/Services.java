package io.plimsoll.gateway.service;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Every service of the configuration, chosen by path prefix. Paths are not rewritten.
public final class Services {

  private final List<Service> all;

  Services(List<Service> all) {
    this.all = List.copyOf(all);
  }

  /// In the order of the configuration.
  public List<Service> all() {
    return all;
  }

  /// Whose a path is; null when it is nobody's.
  public @Nullable Service at(String path) {
    for (Service service : all) {
      if (service.owns(path)) {
        return service;
      }
    }
    return null;
  }
}
