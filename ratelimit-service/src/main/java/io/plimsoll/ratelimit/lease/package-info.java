/// The units that are left, in Redis, and the leases by which gateways get them.
///
/// One Lua script does everything that one call wants of one partition, all or nothing, on Redis'
/// own clock; it and PROTOCOL.md are the place to understand what is kept and why the bound holds.
/// Keys, all with the partition's hash tag, which keeps a script within one slot of a cluster:
/// - `rl:{<partitions>-<partition>}:guard` since when the partition exists
/// - `rl:{…}:b:<tenant>|<limit>|<rest>` one bucket and its leases
/// - `rl:{…}:s:<tenant>|<limit>|<rest>` the gateways' counts of open streams
///
/// Redis must not evict keys (`maxmemory-policy noeviction`). What it loses as a whole makes
/// buckets start empty; what it loses one by one would make them start full.
@NullMarked
package io.plimsoll.ratelimit.lease;

import org.jspecify.annotations.NullMarked;
