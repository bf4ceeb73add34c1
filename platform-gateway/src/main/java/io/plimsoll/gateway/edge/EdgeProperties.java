package io.plimsoll.gateway.edge;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// What is asked of clients before anything else.
///
/// @param url the platform's public URL
/// @param allowedOrigins of pages that may call the platform, besides its own; no wildcard
/// @param headTimeout for the whole head of a request, from the connection or from its first byte
/// @param bodyTimeout between two parts of a request's body
/// @param memory for what clients decide about, as [io.plimsoll.gateway.call.Room] says
/// @param unreadTimeout how long a client may read less than an eighth of what waits for it
/// @param clientRate requests per second from one address, and of one client, to paths that take a
///   client's secret
/// @param clientBurst how many of those may come at once
/// @param connectionsPerAddress open at once (IPv6: from a /64)
@Validated
@ConfigurationProperties("plimsoll.gateway")
public record EdgeProperties(
    @NotNull URI url,
    @DefaultValue List<String> allowedOrigins,
    @DefaultValue("10s") Duration headTimeout,
    @DefaultValue("20s") Duration bodyTimeout,
    @DefaultValue("64MB") DataSize memory,
    @DefaultValue("60s") Duration unreadTimeout,
    @DefaultValue("50") @Positive int clientRate,
    @DefaultValue("200") @Positive int clientBurst,
    @DefaultValue("200") @Positive int connectionsPerAddress) {

  /// A forgotten `*` would open the platform to every page.
  public EdgeProperties {
    allowedOrigins = List.copyOf(allowedOrigins);
    for (String origin : allowedOrigins) {
      if (!origin.matches("https?://[^/*?#\\s]+")) {
        throw new IllegalArgumentException(
            "plimsoll.gateway.allowed-origins: "
                + origin
                + " is no origin; expected scheme://host[:port]");
      }
    }
  }
}
