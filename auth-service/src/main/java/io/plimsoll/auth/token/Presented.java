package io.plimsoll.auth.token;

import org.jspecify.annotations.Nullable;

/// A token of ours or of a tenant's backend whose signature is right and which has not ended.
/// Whether it counts already, still, or was revoked is not said.
///
/// @param name as revocations know it
/// @param standsFor name of the token that a ticket stands for
/// @param keyId the key that got or signed it, or the token that a ticket stands for
/// @param signedWith thumbprint of the verification key that proved the token that a ticket stands
///   for; null: auth-service signed that, or it is no ticket
/// @param user null for the tenant itself
/// @param authIssued what not-befores look at: `iat`, of a ticket its token's
/// @param times in seconds, as in the token
record Presented(
    String name,
    @Nullable String standsFor,
    String issuer,
    String tenant,
    @Nullable String keyId,
    @Nullable String signedWith,
    @Nullable String user,
    String subject,
    String scope,
    @Nullable String id,
    long authIssued,
    Times times) {

  /// @param notBefore `nbf`, or `iat` without one
  record Times(long issued, long notBefore, long expiry) {}
}
