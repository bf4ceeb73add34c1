package io.plimsoll.service;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Who calls, from the gateway's internal token; a controller method takes it as an argument.
///
/// @param tenant the customer of the platform, from the token alone
/// @param user the tenant's end user; null when the tenant's own backend calls
/// @param scopes what the caller may do, `<service>:read|write|admin`
/// @param authExpiry when the caller's authentication ends; open streams end then
/// @param authRef the name of the customer's token, as revocations know it
/// @param authIssued when the customer's token was issued, as not-befores know it
/// @param authKey the API key that got or signed the customer's token
/// @param authThumbprint of the verification key that proved the customer's token, [RFC
///   7638](https://www.rfc-editor.org/rfc/rfc7638); null when auth-service signed it
public record Caller(
    String tenant,
    @Nullable String user,
    Set<String> scopes,
    Instant authExpiry,
    @Nullable String authRef,
    @Nullable Instant authIssued,
    @Nullable String authKey,
    @Nullable String authThumbprint) {

  public Caller {
    scopes = Set.copyOf(scopes);
  }

  public Caller(String tenant, @Nullable String user, Set<String> scopes, Instant authExpiry) {
    this(tenant, user, scopes, authExpiry, null, null, null, null);
  }

  /// Whether the caller may read (GET, HEAD) or write (the rest) at a service; `admin` may both.
  public boolean may(String service, boolean write) {
    return scopes.contains(service + (write ? ":write" : ":read"))
        || scopes.contains(service + ":admin");
  }
}
