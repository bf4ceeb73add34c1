package io.plimsoll.auth.key;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A credential of a tenant's backend, without its secret.
///
/// @param ceiling the most that a token of this key may do
/// @param lastUsedHour start of the hour in which it last got a token
public record ApiKey(
    String keyId,
    String tenantId,
    String name,
    Scopes ceiling,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant disabledAt,
    @Nullable Instant lastUsedHour) {}
