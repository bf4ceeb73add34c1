package io.plimsoll.auth.key;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A credential of a tenant's backend, without its secret.
///
/// @param ceiling the most that a token of this key may do
/// @param lastUsedHour start of the hour in which it last got a token, or a gateway asked for what
///   verifies its tokens
/// @param verification what verifies the tokens that the tenant's backend signs with it
public record ApiKey(
    String keyId,
    String tenantId,
    String name,
    Scopes ceiling,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant disabledAt,
    @Nullable Instant lastUsedHour,
    @Nullable Verification verification) {

  ApiKey with(
      String name,
      Scopes ceiling,
      @Nullable Instant expiresAt,
      @Nullable Verification verification) {
    return new ApiKey(
        keyId,
        tenantId,
        name,
        ceiling,
        createdAt,
        expiresAt,
        disabledAt,
        lastUsedHour,
        verification);
  }

  /// Whether it was disabled, or has expired by then.
  public boolean ended(Instant now) {
    return disabledAt != null || (expiresAt != null && !now.isBefore(expiresAt));
  }
}
