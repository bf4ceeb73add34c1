package io.plimsoll.auth.token;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jwt.JWTClaimsSet;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.key.ApiKey;
import io.plimsoll.auth.key.Scopes;
import io.plimsoll.auth.signing.SigningKeys;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.UUID;
import org.springframework.stereotype.Component;

/// Mints access tokens in the form of [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068). None is
/// stored.
@Component
final class AccessTokens {

  private static final JOSEObjectType TYPE = new JOSEObjectType("at+jwt");
  static final String AUDIENCE = "plimsoll";

  /// @param lifeSeconds from now on
  record Minted(String token, long lifeSeconds, Scopes scopes) {

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

  AccessTokens(SigningKeys keys, AuthProperties properties, Clock clock) {
    this.keys = keys;
    this.issuer = properties.issuer();
    this.life = properties.tokenLife();
    this.clock = clock;
  }

  /// A token of the tenant's own backend.
  Minted forTenant(ApiKey key, Scopes scopes) {
    return mint(key, scopes, key.keyId(), "tenant");
  }

  /// A token of one of the tenant's users.
  Minted forUser(ApiKey key, Scopes scopes, String user) {
    return mint(key, scopes, user, "user");
  }

  private Minted mint(ApiKey key, Scopes scopes, String subject, String actor) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant end = now.plus(life);
    if (key.expiresAt() != null && key.expiresAt().isBefore(end)) {
      end = key.expiresAt();
    }
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer)
            .audience(AUDIENCE)
            .subject(subject)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(end))
            .jwtID(UUID.randomUUID().toString())
            .claim("client_id", key.keyId())
            .claim("tenant", key.tenantId())
            .claim("scope", scopes.toString())
            .claim("plimsoll_actor", actor)
            .build();
    return new Minted(keys.sign(TYPE, claims), Duration.between(now, end).toSeconds(), scopes);
  }
}
