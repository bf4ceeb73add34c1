package io.plimsoll.ratelimit.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/// One rule. Of the policies with the same `limit` that fit a request the most specific one holds.
///
/// @param id the operator's choice
/// @param limit what it limits, in the buckets' names and in the customer's headers: `user`
/// @param plan whom it is for; this and the next four: null for everyone
/// @param per who shares one bucket, of those whom it is for: a tenant, an API key or a user
/// @param rate units that come back, per second; null where it is about streams
/// @param burst units that a bucket holds
/// @param streams how many streams may be open at once; null where it is about requests
/// @param exact every request asks, nothing is prepaid
/// @param shadow counted, never refused
/// @param storeAway what gateways do that can't get a lease
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Policy(
    String id,
    String limit,
    @Nullable String plan,
    @Nullable String tenant,
    @Nullable String apiKey,
    @Nullable String user,
    @Nullable String routeClass,
    Per per,
    @Nullable Double rate,
    @Nullable Long burst,
    @Nullable Integer streams,
    boolean exact,
    boolean shadow,
    StoreAway storeAway) {

  /// Who shares one bucket. The tenant is always part of its name.
  public enum Per {
    @JsonProperty("tenant")
    TENANT,
    @JsonProperty("key")
    KEY,
    @JsonProperty("user")
    USER
  }

  /// What a gateway does that can't get a lease: spend what it holds and then answer 503, admit the
  /// gateway's share of the rate, or admit everything.
  public enum StoreAway {
    @JsonProperty("hold")
    HOLD,
    @JsonProperty("share")
    SHARE,
    @JsonProperty("open")
    OPEN
  }
}
