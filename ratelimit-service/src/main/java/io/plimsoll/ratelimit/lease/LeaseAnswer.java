package io.plimsoll.ratelimit.lease;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.ratelimit.policy.Policy.StoreAway;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a gateway gets, in the order of what it asked.
///
/// @param policies the version of the policies now
/// @param ttlMillis how long a lease of this answer may be spent, from before the call left
record LeaseAnswer(
    long sequence,
    String policies,
    long ttlMillis,
    List<Assignment> assignments,
    List<Counted> streams) {

  /// @param units granted
  /// @param emptyMillis 0, or for how long asking again is useless
  /// @param available what the bucket still has
  /// @param fallback what to do when no further assignment can be had; null where unknown
  /// @param away the store did not answer; nothing is known
  /// @param unknown there is no such policy, or it is not about a rate
  @JsonInclude(JsonInclude.Include.NON_DEFAULT)
  record Assignment(
      int units,
      long emptyMillis,
      long available,
      @Nullable StoreAway fallback,
      boolean away,
      boolean unknown) {}

  /// @param granted of the streams wanted
  /// @param elsewhere open at other gateways
  /// @param away the store did not answer; nothing is known
  /// @param unknown there is no such policy, or it is not about streams
  @JsonInclude(JsonInclude.Include.NON_DEFAULT)
  record Counted(int granted, int elsewhere, boolean away, boolean unknown) {}
}
