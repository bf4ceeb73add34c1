package io.plimsoll.gateway.authority;

import io.plimsoll.gateway.service.BaseUrls;
import jakarta.validation.constraints.NotEmpty;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// How auth-service is asked for keys and tenants.
///
/// @param authInternal base URLs of auth-service's internal port, tried in this order
/// @param wrappingKeys JWK set that unwraps tenants' shared secrets, a `file:` URL; without it
///   tokens of HS256 are refused
/// @param keys how long answers serve
@Validated
@ConfigurationProperties("plimsoll.gateway")
record AuthorityProperties(
    @NotEmpty List<URI> authInternal, @Nullable Resource wrappingKeys, @DefaultValue Keys keys) {

  AuthorityProperties {
    BaseUrls.check("plimsoll.gateway.auth-internal", authInternal);
  }

  /// @param refresh how old a key or tenant may be before it is asked for again
  /// @param maxStaleness how old before it serves no longer, should auth-service be away
  /// @param cache heap for keys, and as much again for tenants
  record Keys(
      @DefaultValue("5m") Duration refresh,
      @DefaultValue("1h") Duration maxStaleness,
      @DefaultValue("8MB") DataSize cache) {}
}
