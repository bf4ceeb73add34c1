package io.plimsoll.ratelimit.client;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/// One rule, as ratelimit-service publishes it.
///
/// @param id the operator's name for it
/// @param limit what it limits: the name in the customer's headers. Of the policies with the same
///   one that fit a request the most specific holds
/// @param plan whom it is for; this and the next four: null for everyone
/// @param per who shares one bucket
/// @param rate units that come back, per second; 0 where it is about streams
/// @param burst units that a bucket holds
/// @param streams how many streams may be open at once; 0 where it is about requests
public record Policy(
    String id,
    String limit,
    @Nullable String plan,
    @Nullable String tenant,
    @Nullable String apiKey,
    @Nullable String user,
    @Nullable String routeClass,
    Per per,
    double rate,
    long burst,
    int streams,
    boolean exact,
    boolean shadow,
    StoreAway storeAway) {

  /// Who shares one bucket.
  public enum Per {
    @JsonProperty("tenant")
    TENANT,
    @JsonProperty("key")
    KEY,
    @JsonProperty("user")
    USER
  }

  /// What happens while no lease can be had.
  public enum StoreAway {
    /// What is held is spent, then requests are refused as unavailable.
    @JsonProperty("hold")
    HOLD,
    /// This gateway's part of the rate is admitted, starting with one unit.
    @JsonProperty("share")
    SHARE,
    /// Everything is admitted.
    @JsonProperty("open")
    OPEN
  }

  /// The most units of one bucket that a gateway may hold, those under way included.
  int most() {
    return (int) Math.max(1, Math.floor(Math.min(burst / 2.0, rate)));
  }

  /// Whether every request asks.
  boolean asksEachTime() {
    return exact || rate < 1;
  }

  boolean limitsStreams() {
    return streams > 0;
  }

  /// Seconds in which an empty bucket fills: `w`.
  public long windowSeconds() {
    return rate > 0 ? Math.max(1, (long) Math.ceil(burst / rate)) : 0;
  }

  /// Its item of the `RateLimit-Policy` field: `"user";q=100;w=2`.
  public String headerItem() {
    return limitsStreams()
        ? "\"" + limit + "\";q=" + streams + ";qu=\"concurrent-requests\""
        : "\"" + limit + "\";q=" + burst + ";w=" + windowSeconds();
  }

  /// @param held the plan that the subject's counts as
  boolean fits(Subject subject, String held) {
    return fits(plan, held)
        && fits(tenant, subject.tenant())
        && fits(apiKey, subject.apiKey())
        && fits(user, subject.user())
        && fits(routeClass, subject.routeClass())
        && has(subject);
  }

  /// Whether the subject has what the policy is per.
  private boolean has(Subject subject) {
    return switch (per) {
      case TENANT -> true;
      case KEY -> subject.apiKey() != null;
      case USER -> subject.user() != null;
    };
  }

  /// Higher for fewer callers.
  int specificity() {
    return (user == null ? 0 : 16)
        + (apiKey == null ? 0 : 8)
        + (tenant == null ? 0 : 4)
        + (plan == null ? 0 : 2)
        + (routeClass == null ? 0 : 1);
  }

  /// The bucket that it leaves to a subject that it fits.
  Bucket.Key bucket(Subject subject) {
    return new Bucket.Key(
        subject.tenant(),
        limit,
        user != null || per == Per.USER ? subject.user() : null,
        apiKey != null || per == Per.KEY ? subject.apiKey() : null,
        routeClass);
  }

  /// What a call says of a bucket beside the tenant and this policy.
  String key(Bucket.Key bucket) {
    String key =
        switch (per) {
          case TENANT -> "";
          case KEY -> bucket.apiKey();
          case USER -> bucket.user();
        };
    return key == null ? "" : key;
  }

  private static boolean fits(@Nullable String chosen, @Nullable String value) {
    return chosen == null || chosen.equals(value);
  }
}
