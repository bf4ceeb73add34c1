package io.plimsoll.auth.ticket;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jwt.JWTClaimsSet;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.signing.SigningKeys;
import io.plimsoll.service.Caller;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/// Mints stream tickets. None is stored: a gateway verifies them by the signature alone.
@Component
final class Tickets {

  private static final JOSEObjectType TYPE = new JOSEObjectType("plimsoll-ticket+jwt");

  /// @param endsAt from then on it opens nothing, and the stream that it opened ends
  record Minted(String ticket, Instant endsAt) {

    /// Records print their components; this one must not.
    @Override
    public String toString() {
      return "Minted[…]";
    }
  }

  private final SigningKeys keys;
  private final String issuer;
  private final Duration life;
  private final Clock clock;

  Tickets(SigningKeys keys, AuthProperties properties, Clock clock) {
    this.keys = keys;
    this.issuer = properties.issuer();
    this.life = properties.ticketLife();
    this.clock = clock;
  }

  /// A ticket with which a browser reads one stream as this caller.
  ///
  /// @param origin the origin it was asked from, and is bound to; null when not from a browser
  Minted mint(Caller caller, RoutedPath path, @Nullable String origin) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant end = now.plus(life);
    if (caller.authExpiry().isBefore(end)) {
      end = caller.authExpiry();
    }
    String user = caller.user();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer)
            .audience("plimsoll")
            // the tenant itself has no user id
            .subject(user == null ? caller.tenant() : user)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(end))
            .jwtID(UUID.randomUUID().toString())
            .claim("tenant", caller.tenant())
            .claim("plimsoll_actor", user == null ? "tenant" : "user")
            .claim("scope", String.join(" ", caller.scopes().stream().sorted().toList()))
            .claim("path", path.value())
            .claim("origin", origin)
            // without it the ticket would outlive its token's revocation
            .claim("auth_ref", Objects.requireNonNull(caller.authRef(), "auth_ref"))
            .claim("auth_exp", caller.authExpiry().getEpochSecond())
            // a not-before of the token's time, and its keys' end, are the ticket's too
            .claim(
                "auth_iat",
                Objects.requireNonNull(caller.authIssued(), "auth_iat").getEpochSecond())
            .claim("auth_key", caller.authKey())
            .claim("auth_jkt", caller.authThumbprint())
            .build();
    return new Minted(keys.sign(TYPE, claims), end);
  }
}
