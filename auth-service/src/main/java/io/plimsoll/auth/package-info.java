/// Issues what customers authenticate with: access tokens for a tenant's backend and for its users,
/// and stream tickets for browsers.
///
/// `tenant` and `key` hold who may ask (PostgreSQL, administered by operators on the internal port
/// that `operator` guards), `token` and `ticket` issue, `signing` signs and publishes the keys.
/// This package has the configuration and depends on none of them.
///
/// Nothing that is issued is stored. Every process is stateless; several may run on one database.
@NullMarked
package io.plimsoll.auth;

import org.jspecify.annotations.NullMarked;
