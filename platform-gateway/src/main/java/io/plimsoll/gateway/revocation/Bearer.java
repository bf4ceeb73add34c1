package io.plimsoll.gateway.revocation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What revocations know a caller by.
///
/// @param authRef name of the customer's token: `<kid>.<base64url(SHA-256(header.payload))>`
/// @param ticketRef the same of a ticket itself, which may be revoked alone; null for a token
/// @param tenant the customer of the platform
/// @param user the tenant's end user; null when the tenant itself calls
/// @param key the API key that signed the token, or for which it was issued; null where unknown
/// @param signedWith thumbprint of the verification key that proved the token, when the API key's
///   owner signed it; null: auth-service did
/// @param issuedWith thumbprints of auth-service's keys: of the one that signed the token, unless
///   the API key's owner did, and of the one that signed the ticket
/// @param issued `iat` of the token, seconds of the epoch
public record Bearer(
    String authRef,
    @Nullable String ticketRef,
    String tenant,
    @Nullable String user,
    @Nullable String key,
    @Nullable String signedWith,
    List<String> issuedWith,
    long issued) {}
