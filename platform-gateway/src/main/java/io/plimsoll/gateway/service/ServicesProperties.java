package io.plimsoll.gateway.service;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
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
record ServicesProperties(@NotEmpty Map<@Pattern(regexp = NAME) String, @Valid Block> services) {

  /// Of a service or a route class, as reports of usage know it.
  private static final String NAME = "[A-Za-z0-9_.~-]{1,64}";

  /// One service.
  ///
  /// @param path path prefixes that are the service's own
  /// @param upstreams base URLs of its instances
  /// @param audience of its internal tokens; its name when absent
  /// @param publicPaths exact paths open to anyone
  /// @param clientPaths exact paths with `credentials: client`: they get HTTP Basic and nothing
  ///   else
  /// @param classes path patterns of each route class: `*` stands for one segment, `**` at the end
  ///   for any number; what none matches is of the class with the service's name
  record Block(
      @NotEmpty List<@Pattern(regexp = "(/(?!\\.{1,2}(/|$))[A-Za-z0-9._~-]+)+") String> path,
      @NotEmpty List<URI> upstreams,
      @Size(min = 1) @Nullable String audience,
      @DefaultValue List<String> publicPaths,
      @DefaultValue List<String> clientPaths,
      @DefaultValue
          Map<
                  @Pattern(regexp = NAME) String,
                  List<@Pattern(regexp = "(/([A-Za-z0-9._~-]+|\\*))*(/\\*\\*)?") String>>
              classes) {

    private List<Service.RouteClass> routeClasses() {
      return classes.entrySet().stream()
          .flatMap(
              entry ->
                  entry.getValue().stream()
                      .map(pattern -> new Service.RouteClass(entry.getKey(), pattern)))
          .toList();
    }
  }

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
                  Set.copyOf(block.clientPaths()),
                  block.routeClasses());
            })
        .toList();
  }
}
