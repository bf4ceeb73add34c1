package io.plimsoll.gateway.token;

import io.plimsoll.gateway.service.BaseUrls;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.hibernate.validator.constraints.time.DurationMax;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// Which customers' tokens are accepted.
///
/// @param issuer `iss` of auth-service's tokens
/// @param audience `aud` of every token
/// @param jwks where auth-service's public keys are, asked until one answers; by default at each
///   instance of the service `auth`
/// @param refresh how often the keys are read again
/// @param maxStaleness how long the last keys serve while auth-service is away
/// @param maxLife longest `exp - iat`; a day at most, for revocations are kept no longer
/// @param cache heap for verified tokens, of which a tenant holds at most a quarter
/// @param firstUse how long after its issue a ticket may be used for the first time
/// @param workers threads that verify and sign; 0 for one per processor
/// @param queue first verifications and signatures that may wait; more are answered 503
/// @param first how many first verifications are done
@Validated
@ConfigurationProperties("plimsoll.gateway.tokens")
record TokenProperties(
    @NotBlank String issuer,
    @DefaultValue("plimsoll") String audience,
    @DefaultValue List<URI> jwks,
    @DefaultValue("5m") Duration refresh,
    @DefaultValue("1h") Duration maxStaleness,
    @DefaultValue("24h") @DurationMax(hours = 24) Duration maxLife,
    @DefaultValue("16MB") DataSize cache,
    @DefaultValue("60s") Duration firstUse,
    @DefaultValue("0") @PositiveOrZero int workers,
    @DefaultValue("2000") @Positive int queue,
    @DefaultValue @Valid First first) {

  TokenProperties {
    BaseUrls.check(
        "plimsoll.gateway.tokens.jwks",
        jwks.stream().filter(url -> url == null || !"file".equals(url.getScheme())).toList());
  }

  /// @param addressRate tokens never seen before, per second from one address (IPv6: from a /64)
  /// @param addressBurst how many of those may come at once
  /// @param keyRate the same per second of one API key, and at once
  /// @param unknownRate ids of API keys that auth-service must be asked about and does not know,
  ///   per second from one address
  /// @param unknownBurst how many of those may come at once
  record First(
      @DefaultValue("50") @Positive int addressRate,
      @DefaultValue("200") @Positive int addressBurst,
      @DefaultValue("2000") @Positive int keyRate,
      @DefaultValue("2") @Positive int unknownRate,
      @DefaultValue("20") @Positive int unknownBurst) {}
}
