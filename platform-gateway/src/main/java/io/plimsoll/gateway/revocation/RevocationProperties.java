package io.plimsoll.gateway.revocation;

import io.lettuce.core.RedisURI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How revocations reach this gateway.
///
/// @param poll how often auth-service is asked for changes
/// @param maxStaleness how long without an answer before new requests are refused
/// @param redis `redis://` or `rediss://` URL, or host and port, at which auth-service hints at
///   changes; by default that of `redisHost`; without both, polling alone
/// @param redisHost with `redisPort`, the short form of the same
@Validated
@ConfigurationProperties("plimsoll.gateway.revocation")
record RevocationProperties(
    @DefaultValue("1s") Duration poll,
    @DefaultValue("5m") Duration maxStaleness,
    @Nullable String redis,
    @Nullable String redisHost,
    @DefaultValue("6379") int redisPort) {

  /// @throws IllegalStateException without the URL, which may hold a password; Boot's own
  ///   exceptions of values print them
  @Nullable RedisURI redisUri() {
    if (redis != null && !redis.isEmpty()) {
      try {
        return RedisURI.create(redis.contains("://") ? redis : "redis://" + redis);
      } catch (IllegalArgumentException | IllegalStateException _) {
        throw new IllegalStateException("plimsoll.gateway.revocation.redis is no URL of Redis.");
      }
    }
    return redisHost == null || redisHost.isEmpty() ? null : RedisURI.create(redisHost, redisPort);
  }

  /// The URL may hold a password.
  @Override
  public String toString() {
    return "RevocationProperties[poll=" + poll + ", maxStaleness=" + maxStaleness + "]";
  }
}
