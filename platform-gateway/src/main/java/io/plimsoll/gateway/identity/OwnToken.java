package io.plimsoll.gateway.identity;

import io.plimsoll.gateway.authority.GatewayCredential;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/// The internal token of the gateway itself. It has no `tenant`, which is what tells it from a
/// customer's: a user may be called gateway.
final class OwnToken implements GatewayCredential {

  private static final Duration LIFE = Duration.ofMinutes(5);
  private static final Duration RENEWED_BEFORE_END = Duration.ofMinutes(1);

  private record Minted(String token, Instant expires) {}

  private final InternalSigner signer;
  private final String audience;
  private final Clock clock;
  private volatile Minted minted = new Minted("", Instant.EPOCH);

  OwnToken(InternalSigner signer, String audience, Clock clock) {
    this.signer = signer;
    this.audience = audience;
    this.clock = clock;
  }

  @Override
  public String token() {
    Minted kept = minted;
    Instant now = clock.instant();
    if (now.isBefore(kept.expires().minus(RENEWED_BEFORE_END))) {
      return kept.token();
    }
    Instant expires = now.plus(LIFE);
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", "plimsoll-gateway");
    claims.put("aud", audience);
    claims.put("sub", "gateway");
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", expires.getEpochSecond());
    claims.put("jti", UUID.randomUUID().toString());
    try {
      Minted made = new Minted(signer.sign("", claims).toString(), expires);
      minted = made;
      return made.token();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the gateway's own key can't sign", e);
    }
  }
}
