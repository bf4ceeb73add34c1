package io.plimsoll.gateway.authority;

import io.plimsoll.gateway.signature.VerificationKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An API key of a tenant, as far as a gateway needs to know it.
///
/// @param expires from then on it is as good as disabled
/// @param ceiling the most that a token of it may do
/// @param verification what tokens that its owner signs are checked with; null: it signs none, or
///   there is a fault
/// @param fault why the verification key that it has can't be used here; null: it can, or it has
///   none
public record ApiKey(
    String id,
    String tenant,
    boolean disabled,
    @Nullable Instant expires,
    Scopes ceiling,
    @Nullable VerificationKey verification,
    @Nullable String fault) {

  /// Whether its tokens are to be accepted.
  public boolean alive(Instant now) {
    return !disabled && (expires == null || now.isBefore(expires));
  }
}
