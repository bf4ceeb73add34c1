package io.plimsoll.gateway.call;

import io.plimsoll.gateway.revocation.Bearer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Who calls, proven by a token or a ticket.
///
/// @param id by which caches know it
/// @param bearer who it is, as revocations know him
/// @param scope space-separated
/// @param expires when this credential ends
/// @param authExpires end of the customer's token; a ticket may end earlier
/// @param ticket what a ticket is bound to; null for a token
public record Verified(
    Id id,
    Bearer bearer,
    String scope,
    Instant expires,
    Instant authExpires,
    @Nullable Ticket ticket) {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /// SHA-256 of a whole token.
  public record Id(long first, long second, long third, long fourth) {

    /// The id with these 32 bytes.
    public static Id of(byte[] hash) {
      return new Id(part(hash, 0), part(hash, 8), part(hash, 16), part(hash, 24));
    }

    private static long part(byte[] hash, int at) {
      return (long) LONG.get(hash, at);
    }
  }

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
    int user = bearer.user() == null ? 0 : bearer.user().length();
    int path = ticket == null ? 0 : 100 + ticket.path().length();
    return 450 + tenant().length() + scope.length() + bearer.authRef().length() + user + path;
  }
}
