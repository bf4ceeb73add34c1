package io.plimsoll.gateway.revocation;

import io.plimsoll.gateway.signature.VerificationKey;
import org.jspecify.annotations.Nullable;

/// What revocations know a caller by.
///
/// @param authRef name of the customer's token: `<kid>.<base64url(SHA-256(header.payload))>`
/// @param ticketRef the same of a ticket itself, which may be revoked alone; null for a token
/// @param tenant the customer of the platform
/// @param user the tenant's end user; null when the tenant itself calls
/// @param key the API key that signed the token, or for which it was issued; null where unknown
/// @param signedWith what the API key verified the token with, when its owner signed it; of a
///   ticket made of such a token, what it verifies with when the gateway first sees the ticket.
///   Null: auth-service signed it
/// @param issued `iat` of the token, seconds of the epoch
public record Bearer(
    String authRef,
    @Nullable String ticketRef,
    String tenant,
    @Nullable String user,
    @Nullable String key,
    @Nullable VerificationKey signedWith,
    long issued) {

  /// The same caller, whose token this key verifies.
  public Bearer signedWith(VerificationKey verification) {
    return new Bearer(authRef, ticketRef, tenant, user, key, verification, issued);
  }
}
