/// What auth-service says on its internal port, to gateways alone: API keys, tenants, and what has
/// changed. Keys and tenants are kept here, bounded in bytes: asked for once however many want one,
/// asked for again ahead of need, forgotten when auth-service says that one has changed, and served
/// stale, up to a cap, while it is away.
@NullMarked
package io.plimsoll.gateway.authority;

import org.jspecify.annotations.NullMarked;
