package io.plimsoll.ratelimit.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.plimsoll.service.ProblemException;
import java.net.MalformedURLException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Verifies the internal tokens of gateways themselves: as those of callers, but with `sub:
/// gateway` and without a `tenant`, which is what tells them apart, for a user may be called
/// gateway.
///
/// A verified token is kept by its SHA-256 until it ends: a signature costs a thousand times as
/// much as the look-up, and a gateway's token serves some minutes of calls.
@Component
final class GatewayTokens {

  /// The gateway issues none that lives longer.
  private static final Duration MAX_LIFE = Duration.ofMinutes(5);

  private static final long REFRESH_MILLIS = Duration.ofMinutes(1).toMillis();
  private static final long REFRESH_TIMEOUT_MILLIS = 2_000;
  private static final long UNKNOWN_KID_PAUSE_MILLIS = 5_000;
  private static final long MAX_STALENESS_MILLIS = Duration.ofMinutes(15).toMillis();

  /// There is one per gateway, and one more while it is renewed.
  private static final int MAX_TOKENS = 1_000;

  /// 503 `unavailable`: the gateways' keys are away.
  private static final class KeysAwayException extends ProblemException {

    private static final long serialVersionUID = 1L;

    KeysAwayException() {
      super(
          HttpStatus.SERVICE_UNAVAILABLE,
          "unavailable",
          "Callers can't be verified now; repeat the request.");
      getHeaders().set("Retry-After", "1");
    }
  }

  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
  private final Clock clock;
  private final Cache<ByteBuffer, Instant> verified =
      Caffeine.newBuilder().maximumSize(MAX_TOKENS).expireAfterWrite(MAX_LIFE).build();

  GatewayTokens(
      @Value("${plimsoll.internal.jwks}") URI keys,
      @Value("${plimsoll.service.name}") String audience,
      Clock clock)
      throws MalformedURLException {
    this.clock = clock;
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("plimsoll-internal+jwt")));
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(
            JWSAlgorithm.ES256,
            JWKSourceBuilder.create(keys.toURL())
                .cache(REFRESH_MILLIS, REFRESH_TIMEOUT_MILLIS)
                .rateLimited(UNKNOWN_KID_PAUSE_MILLIS)
                .outageTolerant(MAX_STALENESS_MILLIS)
                .build()));
    DefaultJWTClaimsVerifier<SecurityContext> claims =
        new DefaultJWTClaimsVerifier<>(
            Set.of(audience),
            new JWTClaimsSet.Builder().issuer("plimsoll-gateway").subject("gateway").build(),
            Set.of("exp"),
            Set.of("tenant"));
    claims.setMaxClockSkew(0);
    processor.setJWTClaimsSetVerifier(claims);
  }

  /// Completes for a token that is accepted now; an [UnknownGatewayException] for any other.
  Mono<Void> check(String token) {
    ByteBuffer hash = ByteBuffer.wrap(sha256(token));
    Instant known = verified.getIfPresent(hash);
    if (known != null) {
      return clock.instant().isBefore(known)
          ? Mono.empty()
          : Mono.error(UnknownGatewayException::new);
    }
    // may read the keys' source, which blocks
    return Mono.<Void>fromRunnable(() -> verified.put(hash, verify(token)))
        .subscribeOn(Schedulers.boundedElastic());
  }

  private Instant verify(String token) {
    try {
      JWTClaimsSet claims = processor.process(SignedJWT.parse(token), null);
      Instant expiry = claims.getExpirationTime().toInstant();
      Instant now = clock.instant();
      if (claims.getAudience().size() != 1
          || !now.isBefore(expiry)
          || now.plus(MAX_LIFE).isBefore(expiry)) {
        throw new UnknownGatewayException();
      }
      return expiry;
    } catch (KeySourceException e) {
      throw new KeysAwayException();
    } catch (ParseException | BadJOSEException | JOSEException e) {
      throw new UnknownGatewayException();
    }
  }

  private static byte[] sha256(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
