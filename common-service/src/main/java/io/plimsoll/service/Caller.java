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
public record Caller(String tenant, @Nullable String user, Set<String> scopes, Instant authExpiry) {

  public Caller {
    scopes = Set.copyOf(scopes);
  }
}
