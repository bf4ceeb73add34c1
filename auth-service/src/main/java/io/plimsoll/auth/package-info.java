/// Issues what customers authenticate with: access tokens for a tenant's backend and for its users,
/// and stream tickets for browsers; keeps what gateways verify and refuse by, and what tenants
/// used.
///
/// `tenant` and `key` hold who may ask (PostgreSQL, administered by operators on the internal port
/// that `common-service` guards), `token` and `ticket` issue, `signing` signs and publishes the
/// keys. `revocation` takes back, `change` numbers what gateways must learn of, `audit` says who
/// did it, `usage` adds up what gateways report. This package has the configuration and depends on
/// none of them.
///
/// No token is stored. Every process is stateless; several may run on one database.
@NullMarked
package io.plimsoll.auth;

import org.jspecify.annotations.NullMarked;
