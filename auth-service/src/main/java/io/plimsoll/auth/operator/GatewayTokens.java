package io.plimsoll.auth.operator;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Resource;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.plimsoll.service.UnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/// Knows a gateway's own call: an internal token for this service with `sub` `gateway` and without
/// a `tenant`. A user may be called gateway; what a customer does always has a tenant.
///
/// Their keys come from where those of customers' internal tokens come from: read again every
/// minute, and for an unknown `kid` at most twice per 5 s; stale ones serve for 15 min.
@Component
final class GatewayTokens {

  private static final Logger log = LoggerFactory.getLogger(GatewayTokens.class);

  private static final JOSEObjectType TYPE = new JOSEObjectType("plimsoll-internal+jwt");
  private static final String ISSUER = "plimsoll-gateway";
  private static final String SUBJECT = "gateway";

  /// A gateway issues none that lives longer than 5 min; its clock may differ by one.
  private static final Duration LATEST_EXPIRY = Duration.ofMinutes(6);

  private static final int READ_TIMEOUT_MILLIS = 2_000;
  private static final long CACHED_MILLIS = 60_000;
  private static final long REFRESH_MILLIS = 10_000;
  private static final long PAUSE_MILLIS = 5_000;
  private static final long STALE_MILLIS = Duration.ofMinutes(15).toMillis();

  private final String audience;
  private final JWKSource<SecurityContext> keys;
  private final Clock clock;

  GatewayTokens(
      @Value("${plimsoll.service.name}") String audience,
      @Value("${plimsoll.internal.jwks}") URI jwks,
      Clock clock)
      throws MalformedURLException {
    this.audience = audience;
    this.keys =
        JWKSourceBuilder.create(jwks.toURL(), GatewayTokens::read)
            .cache(CACHED_MILLIS, REFRESH_MILLIS)
            .rateLimited(PAUSE_MILLIS)
            .outageTolerant(STALE_MILLIS)
            .build();
    this.clock = clock;
  }

  /// Whether a gateway signed this for itself. May read the keys, so it is called off the event
  /// loop.
  ///
  /// @throws UnavailableException when there are no keys to tell by
  boolean accept(String token) {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      String kid = jwt.getHeader().getKeyID();
      return kid != null
          && JWSAlgorithm.ES256.equals(jwt.getHeader().getAlgorithm())
          && TYPE.equals(jwt.getHeader().getType())
          && signed(jwt, kid)
          && fits(jwt.getJWTClaimsSet());
    } catch (ParseException | JOSEException | IllegalArgumentException e) {
      return false;
    }
  }

  private boolean signed(SignedJWT jwt, String kid) throws JOSEException {
    JWKSelector selector =
        new JWKSelector(new JWKMatcher.Builder().keyType(KeyType.EC).keyID(kid).build());
    List<JWK> found;
    try {
      found = keys.get(selector, null);
    } catch (RateLimitReachedException e) {
      return false; // an unknown kid, asked for too often
    } catch (KeySourceException e) {
      log.warn("Gateways can't be verified: {}", e.toString());
      throw new UnavailableException("Gateways can't be verified now; repeat the request.");
    }
    for (JWK key : found) {
      if (key instanceof ECKey ec && jwt.verify(new ECDSAVerifier(ec.toPublicJWK()))) {
        return true;
      }
    }
    return false;
  }

  private boolean fits(JWTClaimsSet claims) {
    Instant now = clock.instant();
    Date expiry = claims.getExpirationTime();
    return ISSUER.equals(claims.getIssuer())
        && List.of(audience).equals(claims.getAudience())
        && SUBJECT.equals(claims.getSubject())
        && !claims.getClaims().containsKey("tenant")
        && expiry != null
        && now.isBefore(expiry.toInstant())
        && expiry.toInstant().isBefore(now.plus(LATEST_EXPIRY));
  }

  private static Resource read(URL url) throws IOException {
    URLConnection connection = url.openConnection();
    connection.setConnectTimeout(READ_TIMEOUT_MILLIS);
    connection.setReadTimeout(READ_TIMEOUT_MILLIS);
    try (InputStream in = connection.getInputStream()) {
      return new Resource(new String(in.readAllBytes(), StandardCharsets.UTF_8), null);
    }
  }
}
