package io.plimsoll.gateway.call;

import io.plimsoll.gateway.revocation.Bearer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Who calls, proven by a token or a ticket.
///
/// @param id SHA-256 of the whole token, by which caches know it
/// @param bearer who it is, as revocations know him
/// @param scope space-separated
/// @param expires when this credential ends
/// @param authExpires end of the customer's token; a ticket may end earlier
/// @param ticket what a ticket is bound to; null for a token
public record Verified(
    String id,
    Bearer bearer,
    String scope,
    Instant expires,
    Instant authExpires,
    @Nullable Ticket ticket) {

  /// What a stream ticket is good for.
  ///
  /// @param issued first use is within 60 s of it
  /// @param path the exact routed path
  /// @param origin the `Origin` it was asked from, if any
  public record Ticket(Instant issued, String path, @Nullable String origin) {}

  /// The customer of the platform.
  public String tenant() {
    return bearer.tenant();
  }

  /// The tenant's end user; null when the tenant itself calls.
  public @Nullable String user() {
    return bearer.user();
  }

  /// Bytes on the heap, about.
  public int weight() {
    return 800 + 2 * (tenant().length() + scope.length() + bearer.authRef().length());
  }
}
