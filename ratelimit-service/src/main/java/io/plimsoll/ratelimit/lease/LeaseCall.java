package io.plimsoll.ratelimit.lease;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a gateway reports and wants.
///
/// @param gateway the boot of the gateway, another one after each start
/// @param sequence the call's number in that boot, rising
record LeaseCall(
    String gateway,
    long sequence,
    @Nullable List<Demand> demands,
    @Nullable List<Streams> streams) {

  /// Units wanted of one bucket, and units given back to it.
  ///
  /// @param policy the policy's id
  /// @param key the API key or the user; empty where the policy is per tenant
  /// @param lease the gateway's name for what it is granted, unique in its boot. The same name
  ///   again is the same lease: a lost answer is asked for again under it
  /// @param want units; 0 to return only
  /// @param held units unspent at the gateway, this lease apart
  record Demand(
      String tenant,
      String policy,
      String key,
      long lease,
      int want,
      int held,
      @Nullable List<Returned> returns) {}

  /// @param lease the lease that is over, credited once
  /// @param units unspent ones, maybe 0
  record Returned(long lease, int units) {}

  /// How many streams of one key are open, and how many more are wanted.
  record Streams(String tenant, String policy, String key, int open, int want) {}
}
