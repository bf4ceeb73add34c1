package io.plimsoll.gateway.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;

/// Verifies auth-service's access tokens and stream tickets.
///
/// A verified one is remembered by the SHA-256 of the whole token, in a cache bounded in bytes,
/// until it expires: a repeated one costs a hash. What was refused is not remembered: the shape
/// checks are cheap, and bad signatures must not push good tokens out.
final class Tokens {

  private static final String ACCESS = "at+jwt";
  private static final String TICKET = "plimsoll-ticket+jwt";

  private final TokenProperties properties;
  private final AuthKeys keys;
  private final Workers workers;
  private final Clock clock;
  private final Cache<String, Verified> verified;
  private final Map<String, Counter> outcomes = new ConcurrentHashMap<>();
  private final MeterRegistry metrics;

  Tokens(
      TokenProperties properties,
      AuthKeys keys,
      Workers workers,
      Clock clock,
      MeterRegistry metrics) {
    this.properties = properties;
    this.keys = keys;
    this.workers = workers;
    this.clock = clock;
    this.metrics = metrics;
    this.verified =
        Caffeine.newBuilder()
            .maximumWeight(properties.cache().toBytes())
            .weigher((String id, Verified value) -> value.weight())
            .build();
  }

  /// What an access token proves, or an error with a 401 or 503 [Problem].
  Mono<Verified> access(String token) {
    return counted(verify(token, ACCESS));
  }

  /// What a ticket proves, but for the request that it came with.
  Mono<Verified> ticket(String ticket) {
    return counted(verify(ticket, TICKET));
  }

  private Mono<Verified> counted(Mono<Verified> verification) {
    return verification.doOnError(
        ProblemException.class, refused -> count(refused.problem().cause()));
  }

  private void count(String outcome) {
    outcomes
        .computeIfAbsent(
            outcome,
            name ->
                Counter.builder("plimsoll.gateway.tokens")
                    .description("Tokens and tickets, by what became of them")
                    .tag("outcome", name)
                    .register(metrics))
        .increment();
  }

  private Mono<Verified> verify(String token, String typ) {
    if (token.length() > Jws.MAX_LENGTH) {
      return Mono.error(Jws.malformed("The token is longer than 8 KiB."));
    }
    String id = sha256(token);
    Verified known = verified.getIfPresent(id);
    if (known != null && (known.ticket() != null) == typ.equals(TICKET)) {
      if (!clock.instant().isBefore(known.expires())) {
        return Mono.error(Problem.unauthorized("expired", "The token has expired.").exception());
      }
      count("cached");
      return Mono.just(known);
    }
    return workers
        .run(() -> checked(token, typ))
        .flatMap(
            jws -> keys.key(jws.kid()).flatMap(key -> workers.run(() -> prove(id, jws, key, typ))))
        .doOnNext(
            proven -> {
              verified.put(id, proven);
              count("verified");
            });
  }

  /// All that can be refused without cryptography.
  private Jws checked(String token, String typ) {
    Jws jws = Jws.parse(token);
    if (!typ.equals(jws.typ())) {
      throw Jws.malformed("The token's typ is not " + typ + ".");
    }
    new Claims(jws.claims())
        .check(properties.issuer(), properties.audience(), properties.maxLife(), clock.instant());
    return jws;
  }

  private static Verified prove(String id, Jws jws, PublicKey key, String typ) {
    if (!signed(jws, key)) {
      throw Problem.unauthorized("bad-signature", "The token's signature is wrong.").exception();
    }
    Claims claims = new Claims(jws.claims());
    Instant expires = Instant.ofEpochSecond(claims.time("exp"));
    boolean ticket = typ.equals(TICKET);
    return new Verified(
        id,
        claims.text("tenant"),
        claims.user(),
        claims.scope(),
        expires,
        // (kid, SHA-256 of header.payload): the twin (r, n-s) of a signature names the same token
        ticket ? claims.text("auth_ref") : jws.kid() + "." + sha256(jws.signed()),
        ticket ? Instant.ofEpochSecond(claims.time("auth_exp")) : expires,
        ticket
            ? new Verified.Ticket(
                Instant.ofEpochSecond(claims.time("iat")),
                claims.text("path"),
                claims.optionalText("origin"))
            : null);
  }

  /// RFC 7518, section 3.4; the JDK refuses r or s of zero and of the curve's order or more.
  private static boolean signed(Jws jws, PublicKey key) {
    try {
      Signature es256 = Signature.getInstance("SHA256withECDSAinP1363Format");
      es256.initVerify(key);
      es256.update(jws.signed().getBytes(StandardCharsets.US_ASCII));
      return es256.verify(Base64.getUrlDecoder().decode(jws.signature()));
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
