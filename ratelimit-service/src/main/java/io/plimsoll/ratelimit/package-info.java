/// Limits as leases: policies in PostgreSQL, the units that are left in Redis.
///
/// `policy` holds what is limited and how (administered by operators), `lease` answers the
/// gateways. All of it is on the internal port, which `common-service` guards. This package has the
/// configuration and depends on neither.
///
/// Every process is stateless; several may run on one database and one Redis. A customer's request
/// never waits for this service but for a key's first lease and for exact limits.
@NullMarked
package io.plimsoll.ratelimit;

import org.jspecify.annotations.NullMarked;
