package io.plimsoll.gateway.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.gateway.answer.Problem;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
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

  Tokens(TokenProperties properties, AuthKeys keys, Workers workers, Clock clock) {
    this.properties = properties;
    this.keys = keys;
    this.workers = workers;
    this.clock = clock;
    this.verified =
        Caffeine.newBuilder()
            .maximumWeight(properties.cache().toBytes())
            .weigher((String id, Verified value) -> value.weight())
            .build();
  }

  /// What an access token proves, or an error with a 401 or 503 [Problem].
  Mono<Verified> access(String token) {
    return verify(token, ACCESS);
  }

  /// What a ticket proves, but for the request that it came with.
  Mono<Verified> ticket(String ticket) {
    return verify(ticket, TICKET);
  }

  private Mono<Verified> verify(String token, String typ) {
    if (token.length() > Jws.MAX_LENGTH) {
      return Mono.error(Jws.malformed("The token is longer than 8 KiB."));
    }
    String id = sha256(token);
    Verified known = verified.getIfPresent(id);
    if (known != null && (known.ticket() != null) == typ.equals(TICKET)) {
      return clock.instant().isBefore(known.expires())
          ? Mono.just(known)
          : Mono.error(Problem.unauthorized("expired", "The token has expired.").exception());
    }
    return workers
        .run(() -> checked(token, typ))
        .flatMap(
            jws -> keys.key(jws.kid()).flatMap(key -> workers.run(() -> prove(id, jws, key, typ))))
        .doOnNext(proven -> verified.put(id, proven));
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
