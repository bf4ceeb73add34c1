package io.plimsoll.gateway.authority;

import org.jspecify.annotations.Nullable;

/// What auth-service has said about an id.
///
/// @param entry null: there is none
public record Known<V>(@Nullable V entry) {}
