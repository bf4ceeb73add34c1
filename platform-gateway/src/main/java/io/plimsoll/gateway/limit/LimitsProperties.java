package io.plimsoll.gateway.limit;

import io.plimsoll.gateway.service.BaseUrls;
import io.plimsoll.ratelimit.client.LeaseSettings;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How units are had from ratelimit-service.
///
/// @param enabled false: nothing is limited and ratelimit-service is not asked
/// @param ratelimitInternal base URLs of ratelimit-service's internal port; after a failure the
///   next one is asked
/// @param patience how long a request waits for a lease before its policy's store-away mode may
///   admit it
/// @param callTimeout after which an answer is no longer awaited, and that mode may refuse it
/// @param policiesRefresh how often new policies are asked for
/// @param maxKeys buckets remembered, about 500 bytes each, and callers, about 200 each
/// @param maxWaiting requests that may wait at once
/// @param maxDemands items in one call, half of them for streams
@Validated
@ConfigurationProperties("plimsoll.gateway.limits")
public record LimitsProperties(
    @DefaultValue("true") boolean enabled,
    @NotEmpty @DefaultValue("http://127.0.0.1:8094") List<URI> ratelimitInternal,
    @DefaultValue("50ms") Duration patience,
    @DefaultValue("1s") Duration callTimeout,
    @DefaultValue("2s") Duration policiesRefresh,
    @DefaultValue("100000") @Min(1) int maxKeys,
    @DefaultValue("10000") @Min(0) int maxWaiting,
    @DefaultValue("1000") @Min(2) @Max(2000) int maxDemands) {

  /// Checks the URLs.
  public LimitsProperties {
    BaseUrls.check("plimsoll.gateway.limits.ratelimit-internal", ratelimitInternal);
  }

  LeaseSettings leases() {
    return new LeaseSettings(
        patience, callTimeout, policiesRefresh, maxKeys, maxWaiting, maxDemands);
  }
}
