package io.plimsoll.service;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/// Verifies the gateway's internal tokens: ES256, our `typ`, the gateway's `iss`, this service's
/// `aud` alone, `exp` ahead and near. One with a `tenant` is a customer's; one with `sub` `gateway`
/// and without a `tenant` is the gateway's own call. A user may be called gateway: what a customer
/// does always has a tenant.
///
/// What a token proved is kept by its SHA-256 until it ends, for an ES256 signature costs 418 us on
/// the JDK and a hash less than 1 us. The first verification runs on the CPU-bound scheduler, never
/// on an event loop. The stream that a token opened may outlive `exp`; it ends at `auth_exp`.
public final class InternalTokens {

  private static final Logger log = LoggerFactory.getLogger(InternalTokens.class);

  private static final JOSEObjectType TYPE = new JOSEObjectType("plimsoll-internal+jwt");
  private static final String ISSUER = "plimsoll-gateway";
  private static final String GATEWAY = "gateway";
  private static final String TENANT = "tenant";
  private static final String SCHEME = "Bearer ";

  /// The gateway issues none that lives longer than 5 min; its clock may differ by one.
  private static final Duration LATEST_EXPIRY = Duration.ofMinutes(6);

  /// What a token proves.
  ///
  /// @param until when it ends
  /// @param caller null for the gateway's own call
  /// @param context what code behind the filters finds the caller in
  record Proven(Instant until, @Nullable CallerAuthentication caller, Context context) {}

  private final String audience;
  private final InternalKeys keys;
  private final Clock clock;
  private final Cache<ByteBuffer, Proven> proven;

  InternalTokens(String audience, InternalKeys keys, int cachedTokens, Clock clock) {
    this.audience = audience;
    this.keys = keys;
    this.clock = clock;
    this.proven =
        Caffeine.newBuilder()
            .maximumSize(cachedTokens)
            .expireAfter(
                Expiry.<ByteBuffer, Proven>creating(
                    (_, token) -> Duration.between(clock.instant(), token.until())))
            .build();
  }

  /// The one bearer token of a request; null when it has none, or several.
  public static @Nullable String bearer(HttpHeaders headers) {
    List<String> values = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
    return values.size() == 1
            && values.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? values.getFirst().substring(SCHEME.length())
        : null;
  }

  /// Whether a gateway made this token for a call of its own, or an [UnavailableException] when
  /// there are no keys to tell by. Only what no customer reaches may ask.
  public Mono<Boolean> isGateways(String token) {
    return prove(token)
        .map(known -> known.caller() == null)
        .onErrorReturn(NotThroughGatewayException.class, false);
  }

  /// What a token proves, or a [NotThroughGatewayException] or [UnavailableException].
  Mono<Proven> prove(String token) {
    ByteBuffer hash = ByteBuffer.wrap(sha256(token));
    Proven known = proven.getIfPresent(hash);
    if (known != null) {
      return clock.instant().isBefore(known.until()) ? Mono.just(known) : refused("exp");
    }
    return Mono.fromCallable(() -> parse(token))
        .subscribeOn(Schedulers.parallel())
        .flatMap(
            jwt ->
                keys.verifier(jwt.getHeader().getKeyID())
                    .publishOn(Schedulers.parallel())
                    .map(verifier -> verify(jwt, verifier)))
        .switchIfEmpty(refused("kid"))
        .doOnNext(now -> proven.put(hash, now));
  }

  private static SignedJWT parse(String token) {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      check(JWSAlgorithm.ES256.equals(jwt.getHeader().getAlgorithm()), "alg");
      check(TYPE.equals(jwt.getHeader().getType()), "typ");
      check(jwt.getHeader().getKeyID() != null, "kid");
      return jwt;
    } catch (ParseException | IllegalArgumentException e) {
      throw refusal("form");
    }
  }

  private Proven verify(SignedJWT jwt, JWSVerifier verifier) {
    try {
      check(jwt.verify(verifier), "signature");
      return read(jwt.getJWTClaimsSet());
    } catch (ParseException | JOSEException | IllegalArgumentException e) {
      throw refusal("form");
    }
  }

  private Proven read(JWTClaimsSet claims) throws ParseException {
    Instant now = clock.instant();
    check(ISSUER.equals(claims.getIssuer()), "iss");
    check(List.of(audience).equals(claims.getAudience()), "aud");
    Instant expiry = needed(claims.getExpirationTime(), "exp");
    check(now.isBefore(expiry) && expiry.isBefore(now.plus(LATEST_EXPIRY)), "exp");
    if (!claims.getClaims().containsKey(TENANT)) {
      check(GATEWAY.equals(claims.getSubject()), "sub");
      return new Proven(expiry, null, Context.empty());
    }
    Instant authExpiry = needed(claims.getDateClaim("auth_exp"), "auth_exp");
    check(now.isBefore(authExpiry), "auth_exp");
    String tenant = claims.getStringClaim(TENANT);
    check(tenant != null && !tenant.isEmpty(), TENANT);
    String scope = claims.getStringClaim("scope");
    Date issued = claims.getDateClaim("auth_iat");
    CallerAuthentication caller =
        new CallerAuthentication(
            new Caller(
                String.valueOf(tenant),
                claims.getSubject(),
                scope == null || scope.isBlank()
                    ? Set.of()
                    : Set.copyOf(List.of(scope.split(" +"))),
                authExpiry,
                claims.getStringClaim("auth_ref"),
                issued == null ? null : issued.toInstant(),
                claims.getStringClaim("auth_key"),
                claims.getStringClaim("auth_jkt")));
    return new Proven(
        expiry.isBefore(authExpiry) ? expiry : authExpiry,
        caller,
        ReactiveSecurityContextHolder.withAuthentication(caller));
  }

  private static Instant needed(@Nullable Date date, String claim) {
    if (date == null) {
      throw refusal(claim);
    }
    return date.toInstant();
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw refusal(what);
    }
  }

  private static <T> Mono<T> refused(String what) {
    return Mono.error(() -> refusal(what));
  }

  private static NotThroughGatewayException refusal(String what) {
    log.debug("An internal token is refused for its {}", what);
    return new NotThroughGatewayException();
  }

  private static byte[] sha256(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
