/// How often. Two kinds of limits:
/// - [io.plimsoll.gateway.limit.Limits]: those of a tenant, API key, user and route class, shared
///   by all gateways. Decided from leases of ratelimit-service. What the policies are, and what
///   happens while it is away, is ratelimit-service's to say; the tenant's plan is auth-service's.
/// - [io.plimsoll.gateway.limit.Buckets]: those per address and the like, kept here alone.
///
/// A request with a token or ticket takes its unit after it was verified and before it is
/// exchanged:
///
/// ```java
/// String routeClass = service.routeClass(path);
/// Ruling now = limits.admit(verified.bearer(), routeClass, later -> loop.execute(() -> go(later)));
/// if (now != null) {
///   go(now);
/// }
/// switch (ruling) {
///   case Ruling.Admitted admitted -> ...    // policy() and limit(), if any, as headers of a 2xx
///   case Ruling.Refused refused -> ...      // answer refused.problem()
/// }
/// ```
///
/// A stream asks `open` as well and closes its place when it ends. At its end a request, or at its
/// beginning a stream, is metered with `admitted.counted()`; see [io.plimsoll.gateway.meter.Meter].
///
/// | `plimsoll.gateway.limits.` | default | |
/// |---|---|---|
/// | `enabled` | true | false: nothing is limited |
/// | `ratelimit-internal` (`PLIMSOLL_RATELIMIT_INTERNAL`) | `http://127.0.0.1:8094` | ratelimit-service's internal port; of several, comma-separated, the next one is asked after a failure |
/// | `patience` | 50 ms | how long a request waits for a lease before `storeAway` may admit it |
/// | `call-timeout`, `policies-refresh` | 1 s, 2 s | how long it waits before `storeAway` may refuse it; how often new policies are asked for |
/// | `max-keys`, `max-waiting`, `max-demands` | 100,000, 10,000, 1,000 | buckets remembered, about 500 bytes each; requests that wait at once; items in one call |
@NullMarked
package io.plimsoll.gateway.limit;

import org.jspecify.annotations.NullMarked;
