/// Limits decided locally, from prepaid leases.
///
/// A gateway embeds [io.plimsoll.ratelimit.client.Leases], makes a
/// [io.plimsoll.ratelimit.client.Subject] of each caller and asks whether to admit it. The answer
/// comes at once from units that ratelimit-service has debited before; the calls that fetch more
/// run in the background. The protocol is `PROTOCOL.md` of ratelimit-service.
///
/// Hot path: any thread, no lock, no allocation for an admitted request. Everything else (calls,
/// returns, waiting requests, expiry) belongs to one thread per
/// [io.plimsoll.ratelimit.client.Leases].
@NullMarked
package io.plimsoll.ratelimit.client;

import org.jspecify.annotations.NullMarked;
