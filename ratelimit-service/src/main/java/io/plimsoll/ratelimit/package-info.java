/// Limits as leases: policies in PostgreSQL, the units that are left in Redis.
///
/// `policy` holds what is limited and how (administered by operators), `lease` answers the
/// gateways, `access` says who may use the internal port, the only one with anything on it. This
/// package has the configuration and depends on none of them.
///
/// Every process is stateless; several may run on one database and one Redis. A customer's request
/// never waits for this service but for a key's first lease and for exact limits.
@NullMarked
package io.plimsoll.ratelimit;

import org.jspecify.annotations.NullMarked;
