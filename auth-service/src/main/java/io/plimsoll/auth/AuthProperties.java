package io.plimsoll.auth;

import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.net.URI;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;
import org.springframework.validation.annotation.Validated;

/// How this service is set up.
///
/// @param publicUrl where customers reach the platform, with no slash at its end
/// @param signingKeys private EC P-256 JWK set; the first key signs, all are published. A secret:
///   no default
/// @param tokenLife how long an access token lives; a key that expires sooner ends it sooner. At
///   most 24 h: gateways refuse what lives longer, and a not-before is kept for little more
/// @param ticketLife the longest life of a stream ticket; the token it was asked with may end it
///   sooner
/// @param keysPerTenant how many keys of a tenant may be in use at once
/// @param wrappingKeys JWK set of 256-bit `oct` keys that wrap shared verification secrets; the
///   first wraps, all unwrap. Without it no shared secret is made
/// @param reload how often the key files are read again
/// @param purge how often what no longer matters is deleted
/// @param revokedTokensPerTenant how many tokens of a tenant may be revoked one by one and not have
///   ended yet
/// @param originsPerTenant how many origins a tenant may allow
/// @param auditRetention how long entries of the audit log are kept
/// @param usageHoursRetention how long usage by hour is kept
/// @param usageDaysRetention how long usage by day is kept
/// @param usageReportRetention how long a usage report that comes again is still known
@Validated
@ConfigurationProperties("plimsoll.auth")
public record AuthProperties(
    @DefaultValue("http://127.0.0.1:8080") URI publicUrl,
    @Nullable Resource signingKeys,
    @DefaultValue("1h") @DurationMin(seconds = 1) @DurationMax(hours = 24) Duration tokenLife,
    @DefaultValue("1h") @DurationMin(seconds = 1) Duration ticketLife,
    @DefaultValue("100") @Positive int keysPerTenant,
    @Nullable Resource wrappingKeys,
    @DefaultValue("10s") @DurationMin(millis = 10) Duration reload,
    @DefaultValue("10m") @DurationMin(millis = 10) Duration purge,
    @DefaultValue("100000") @Positive int revokedTokensPerTenant,
    @DefaultValue("32") @PositiveOrZero int originsPerTenant,
    @DefaultValue("400d") @DurationMin(hours = 1) Duration auditRetention,
    @DefaultValue("35d") @DurationMin(hours = 1) Duration usageHoursRetention,
    @DefaultValue("800d") @DurationMin(hours = 1) Duration usageDaysRetention,
    @DefaultValue("7d") @DurationMin(hours = 1) Duration usageReportRetention) {

  public AuthProperties {
    String scheme = publicUrl.getScheme();
    if (!("https".equals(scheme) || "http".equals(scheme))
        || publicUrl.getHost() == null
        || publicUrl.getPath().endsWith("/")
        || publicUrl.getQuery() != null
        || publicUrl.getFragment() != null) {
      throw new IllegalArgumentException(
          "plimsoll.auth.public-url must be like https://api.example.com, with no slash at its end,"
              + " not "
              + publicUrl);
    }
  }

  /// `iss` of every token and ticket, and the RFC 8414 issuer.
  public String issuer() {
    return publicUrl + "/auth";
  }
}
