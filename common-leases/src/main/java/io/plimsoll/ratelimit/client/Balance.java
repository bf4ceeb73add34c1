package io.plimsoll.ratelimit.client;

/// The units of one tenant under one limit since this process started: while no request is being
/// decided, granted = spent + returned + expired + outstanding.
///
/// @param spent requests admitted by leases; those admitted by a store-away mode are apart
/// @param outstanding held unspent
/// @param awayAdmitted requests admitted without a lease, by a store-away mode
/// @param shadowRefused requests that a policy in shadow mode would have refused
public record Balance(
    String tenant,
    String limit,
    long granted,
    long spent,
    long returned,
    long expired,
    long outstanding,
    long awayAdmitted,
    long shadowRefused) {}
