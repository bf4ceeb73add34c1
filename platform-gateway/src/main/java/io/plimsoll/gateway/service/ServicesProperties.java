package io.plimsoll.gateway.service;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// The services behind the gateway: adding one is one block.
///
/// @param services by name
@Validated
@ConfigurationProperties("plimsoll.gateway")
record ServicesProperties(@NotEmpty Map<String, @Valid Block> services) {

  /// One service.
  ///
  /// @param path path prefixes that are the service's own
  /// @param upstreams base URLs of its instances
  /// @param audience of its internal tokens; its name when absent
  /// @param publicPaths exact paths open to anyone
  /// @param clientPaths exact paths with `credentials: client`: they get HTTP Basic and nothing
  ///   else
  record Block(
      @NotEmpty List<@Pattern(regexp = "(/[A-Za-z0-9._~-]+)+") String> path,
      @NotEmpty List<URI> upstreams,
      @Nullable String audience,
      @DefaultValue List<String> publicPaths,
      @DefaultValue List<String> clientPaths) {}

  List<Service> toServices() {
    return services.entrySet().stream()
        .map(
            entry -> {
              Block block = entry.getValue();
              return new Service(
                  entry.getKey(),
                  block.audience() == null ? entry.getKey() : block.audience(),
                  block.path(),
                  block.upstreams(),
                  Set.copyOf(block.publicPaths()),
                  Set.copyOf(block.clientPaths()));
            })
        .toList();
  }
}
