package io.plimsoll.gateway.token;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.authority.ApiKey;
import io.plimsoll.gateway.authority.ApiKeys;
import io.plimsoll.gateway.authority.Known;
import io.plimsoll.gateway.authority.Scopes;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.revocation.Bearer;
import io.plimsoll.gateway.revocation.Changes;
import io.plimsoll.gateway.revocation.Revocations;
import io.plimsoll.gateway.signature.Algorithm;
import io.plimsoll.gateway.signature.VerificationKey;
import io.plimsoll.gateway.worker.Workers;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Verifies access tokens, of both kinds, and stream tickets.
///
/// A token's `iss` says whose it is: auth-service's, whose keys are its published set; or an API
/// key's, which signs for its tenant and nobody else. No `kid` is looked up in both. What says
/// neither is refused, and so is what names an algorithm other than its key's.
///
/// A verified token is remembered by the SHA-256 of the whole text, in a cache bounded in bytes,
/// and is good until it expires: a repeated one costs a hash, and a comparison that says whether
/// anything was revoked since. What was refused is not remembered: the shape checks are cheap, and
/// bad signatures must not push good tokens out. What many have in common, scopes and tenants'
/// names, they have as the same text.
final class Tokens {

  private static final String ACCESS = "at+jwt";
  private static final String TICKET = "plimsoll-ticket+jwt";
  private static final Set<String> TENANTS = Set.of("JWT", ACCESS);

  private static final ThreadLocal<Sha256> SHA_256 = ThreadLocal.withInitial(Sha256::new);

  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  /// One thread's. What it makes of a seen token leaves no garbage but the result.
  private static final class Sha256 {
    private final MessageDigest digest;
    private final byte[] text = new byte[Jws.MAX_LENGTH];
    private final byte[] hash = new byte[32];

    Sha256() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }

    /// Of a header's rest, of which every character was a byte.
    @SuppressWarnings("deprecation") // it takes the low byte of each character
    Verified.Id of(String header, int from) {
      header.getBytes(from, header.length(), text, 0);
      digest.update(text, 0, header.length() - from);
      try {
        digest.digest(hash, 0, hash.length);
      } catch (DigestException e) {
        throw new IllegalStateException("it has 32 bytes", e);
      }
      return Verified.Id.of(hash);
    }

    Verified.Id of(String text) {
      return Verified.Id.of(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    byte[] hash(byte[] bytes) {
      return digest.digest(bytes);
    }
  }

  /// A verified token, and under which number of [Revocations#generation] it was last judged.
  private static final class Seen extends FairCache.Entry<Verified.Id> {
    private final Verified verified;
    private volatile long judged;

    /// Its key has changed since, so that it has to be verified anew.
    private volatile boolean stale;

    /// That was tried, under this number, and the key's signature is another.
    private volatile long outlived = -1;

    Seen(Verified verified, long judged) {
      super(
          verified.id(), verified.tenant(), verified.weight(), verified.expires().getEpochSecond());
      this.verified = verified;
      this.judged = judged;
    }
  }

  /// A token on its way: well-formed, and nothing proven.
  ///
  /// @param id SHA-256 of the whole token
  /// @param address who pays for it
  /// @param before what it proved when its key was another
  private record Candidate(
      Verified.Id id,
      Jws jws,
      Claims claims,
      boolean ticket,
      String address,
      @Nullable Seen before) {}

  private final TokenProperties properties;
  private final AuthKeys authKeys;
  private final ApiKeys apiKeys;
  private final Revocations revocations;
  private final Changes changes;
  private final Rations rations;
  private final Workers workers;
  private final Clock clock;
  private final FairCache<Verified.Id, Seen> seen;
  private final Map<String, Counter> outcomes = new ConcurrentHashMap<>();
  private final MeterRegistry metrics;

  Tokens(
      TokenProperties properties,
      AuthKeys authKeys,
      ApiKeys apiKeys,
      Revocations revocations,
      Changes changes,
      Workers workers,
      Clock clock,
      MeterRegistry metrics) {
    this.properties = properties;
    this.authKeys = authKeys;
    this.apiKeys = apiKeys;
    this.revocations = revocations;
    this.changes = changes;
    this.rations = new Rations(properties.first(), System::nanoTime, metrics);
    this.workers = workers;
    this.clock = clock;
    this.metrics = metrics;
    this.seen = new FairCache<>(properties.cache(), clock);
    Gauge.builder("plimsoll.gateway.cache.bytes", seen, FairCache::bytes)
        .tag("cache", "tokens")
        .register(metrics);
    revocations.whenChanged(this::doubt);
  }

  /// Another key, or another ceiling: what it signed is verified anew. A ticket has both from its
  /// token, and is only judged again.
  private void doubt(Set<String> keys, boolean all) {
    if (all || !keys.isEmpty()) {
      seen.forEach(
          entry -> {
            String key = entry.verified.bearer().key();
            if (entry.verified.ticket() == null && key != null && (all || keys.contains(key))) {
              entry.stale = true;
            }
          });
    }
  }

  /// What an access token proves, when it was seen before and nothing has changed since; null when
  /// that has to be found out by [#access].
  ///
  /// @param header value of a header, in which the token stands from there on
  @Nullable Verified seen(String header, int from) {
    if (header.length() - from > Jws.MAX_LENGTH || changes.outage() != null) {
      return null;
    }
    long generation = revocations.generation();
    Seen known = seen.get(SHA_256.get().of(header, from));
    if (known == null
        || known.stale
        || known.judged != generation
        || known.verified.ticket() != null
        || !clock.instant().isBefore(known.verified.expires())) {
      return null;
    }
    count("cached");
    return known.verified;
  }

  /// What an access token proves, or an error with a 401, 429 or 503 [Problem].
  ///
  /// @param address the client's, as bounds know it
  Mono<Verified> access(String token, String address) {
    return counted(Mono.defer(() -> verify(token, false, address)));
  }

  /// What a ticket proves, but for the request that it came with.
  Mono<Verified> ticket(String ticket, String address) {
    return counted(Mono.defer(() -> verify(ticket, true, address)));
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

  private Mono<Verified> verify(String token, boolean ticket, String address) {
    if (token.length() > Jws.MAX_LENGTH) {
      return Mono.error(Jws.malformed("The token is longer than 8 KiB."));
    }
    Problem outage = changes.outage();
    if (outage != null) {
      return Mono.error(outage.exception());
    }
    long generation = revocations.generation();
    Verified.Id id = SHA_256.get().of(token);
    Seen known = seen.get(id);
    if (known != null && (known.verified.ticket() != null) == ticket) {
      if (!known.stale) {
        return again(known, generation);
      }
      if (known.outlived == generation) {
        return Mono.error(outlived());
      }
    }
    rations.ofAddress(address);
    return workers
        .run(() -> prove(candidate(id, token, ticket, address, known)))
        .flatMap(proven -> proven)
        .flatMap(
            proven ->
                revocations
                    .admit(proven.bearer())
                    .then(Mono.fromSupplier(() -> keep(proven, generation))));
  }

  private Mono<Verified> again(Seen known, long generation) {
    Verified verified = known.verified;
    if (!clock.instant().isBefore(verified.expires())) {
      return Mono.error(Problem.unauthorized("expired", "The token has expired.").exception());
    }
    if (known.judged == generation) {
      count("cached");
      return Mono.just(verified);
    }
    return revocations
        .admit(verified.bearer())
        .then(
            Mono.fromSupplier(
                () -> {
                  known.judged = generation;
                  count("cached");
                  return verified;
                }));
  }

  private Verified keep(Verified proven, long generation) {
    seen.put(new Seen(proven, generation));
    if (revocations.generation() != generation) {
      // its key may have changed while it was verified
      seen.remove(proven.id());
    }
    count("verified");
    return proven;
  }

  /// All that can be refused without cryptography and without a key.
  private Candidate candidate(
      Verified.Id id, String token, boolean ticket, String address, @Nullable Seen before) {
    Jws jws = Jws.parse(token);
    Claims claims = new Claims(jws.claims());
    if (ticket || properties.issuer().equals(claims.issuer())) {
      String typ = ticket ? TICKET : ACCESS;
      if (!typ.equals(jws.typ())) {
        throw Jws.malformed("The token's typ is not " + typ + ".");
      }
      if (!properties.issuer().equals(claims.issuer())) {
        throw Problem.unauthorized(
                "wrong-issuer", "The ticket is not from " + properties.issuer() + ".")
            .exception();
      }
    } else if (jws.typ() != null && !TENANTS.contains(jws.typ())) {
      throw Jws.malformed("The token's typ is neither JWT nor at+jwt.");
    } else if (!ApiKeys.isId(claims.issuer()) || !claims.issuer().equals(jws.kid())) {
      throw Problem.unauthorized(
              "wrong-issuer",
              "The token's iss is neither "
                  + properties.issuer()
                  + " nor, like its kid, an API key's id.")
          .exception();
    }
    claims.checkAudience(properties.audience());
    claims.checkTimes(properties.maxLife(), clock.instant());
    return new Candidate(id, jws, claims, ticket, address, before);
  }

  private Mono<Verified> prove(Candidate token) {
    String kid = token.jws().kid();
    if (properties.issuer().equals(token.claims().issuer())) {
      VerificationKey key = authKeys.peek(kid);
      return key != null
          ? Mono.just(issued(token, key))
          : authKeys.key(kid).flatMap(found -> workers.run(() -> issued(token, found)));
    }
    token.claims().checkReserved();
    var _ = token.claims().user();
    Scopes asked = token.claims().asked();
    Known<ApiKey> known = apiKeys.peek(kid);
    if (known != null) {
      return Mono.just(signed(token, asked, known));
    }
    rations.ofLookup(token.address());
    return apiKeys
        .get(kid)
        .doOnNext(
            found -> {
              if (found.entry() != null) {
                rations.lookedUp(token.address());
              }
            })
        .onErrorMap(
            _ -> {
              rations.lookedUp(token.address());
              return Problem.unavailable(
                      "keys-unavailable", "Tokens can't be verified now; repeat.")
                  .exception();
            })
        .flatMap(found -> workers.run(() -> signed(token, asked, found)));
  }

  /// A token or ticket of auth-service (RFC 9068, and the like).
  private Verified issued(Candidate token, VerificationKey key) {
    Claims claims = token.claims();
    boolean ticket = token.ticket();
    String authRef = ticket ? claims.text("auth_ref") : name(token.jws());
    String apiKey = ticket ? keyOf(claims, authRef) : claims.text("client_id");
    if (apiKey != null && !ApiKeys.isId(apiKey)) {
      // nothing is proven yet, and a bucket has its name
      throw Jws.malformed("The API key that the token names is no id.");
    }
    checkSignature(token, key, apiKey == null ? token.jws().kid() : apiKey);
    String signedWith = ticket ? claims.optionalText("auth_jkt") : null;
    long issued = claims.time("iat");
    Instant expires = Instant.ofEpochSecond(claims.time("exp"));
    Bearer bearer =
        new Bearer(
            authRef,
            ticket ? name(token.jws()) : null,
            claims.text("tenant").intern(),
            claims.actor(),
            apiKey,
            signedWith,
            ticket && signedWith == null && !kidOf(authRef).equals(apiKey)
                ? List.of(key.thumbprint(), published(kidOf(authRef)))
                : List.of(key.thumbprint()),
            ticket && claims.claims().containsKey("auth_iat") ? claims.time("auth_iat") : issued);
    return new Verified(
        token.id(),
        bearer,
        claims.scope().intern(),
        expires,
        ticket ? Instant.ofEpochSecond(claims.time("auth_exp")) : expires,
        ticket
            ? new Verified.Ticket(
                Instant.ofEpochSecond(issued), claims.text("path"), claims.optionalText("origin"))
            : null);
  }

  /// The API key behind a ticket. A ticket that does not say was opened with a token whose name
  /// begins with its `kid`, which is the key's id unless it is one of auth-service's.
  private @Nullable String keyOf(Claims claims, String authRef) {
    String said = claims.optionalText("auth_key");
    if (said != null) {
      return said;
    }
    String kid = kidOf(authRef);
    return ApiKeys.isId(kid) && authKeys.peek(kid) == null ? kid : null;
  }

  /// Thumbprint of the key of auth-service's that signed the token behind a ticket.
  private String published(String kid) {
    VerificationKey key = authKeys.peek(kid);
    if (key == null) {
      throw authKeys.missing().exception();
    }
    return key.thumbprint();
  }

  private static String kidOf(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }

  /// A token that a tenant's backend signed for one of its users.
  ///
  /// @param asked null for all that the key may do
  private Verified signed(Candidate token, @Nullable Scopes asked, Known<ApiKey> found) {
    Claims claims = token.claims();
    ApiKey key = found.entry();
    if (key == null) {
      throw Problem.unauthorized("unknown-key", "There is no such API key.").exception();
    }
    if (!key.alive(clock.instant())) {
      throw Problem.unauthorized("revoked", "The API key is disabled or has expired.").exception();
    }
    VerificationKey verification = key.verification();
    if (key.fault() != null) {
      throw Problem.unavailable("keys-unavailable", "The API key's tokens can't be verified now.")
          .exception();
    }
    if (verification == null) {
      throw Problem.unauthorized("unknown-key", "The API key has no verification key.").exception();
    }
    checkSignature(token, verification, key.id());
    Instant expires = Instant.ofEpochSecond(claims.time("exp"));
    if (key.expires() != null && key.expires().isBefore(expires)) {
      expires = key.expires();
    }
    return new Verified(
        token.id(),
        new Bearer(
            name(token.jws()),
            null,
            key.tenant(),
            claims.user(),
            key.id(),
            verification.thumbprint(),
            List.of(),
            claims.time("iat")),
        Claims.granted(asked, key.ceiling()).toString().intern(),
        expires,
        expires,
        null);
  }

  private void checkSignature(Candidate token, VerificationKey key, String payer) {
    Jws jws = token.jws();
    Algorithm expected = key.algorithm();
    Seen before = token.before();
    if (jws.algorithm() != expected) {
      throw before != null
          ? outlived()
          : Jws.malformed("The key's algorithm is " + expected.jose() + ".");
    }
    rations.ofKey(payer);
    long generation = revocations.generation();
    if (!key.verifies(jws.signed(), jws.signature())) {
      if (before != null) { // it was good: whoever sends it has done nothing wrong
        before.outlived = generation;
        throw outlived();
      }
      rations.failed(token.address());
      throw Problem.unauthorized("bad-signature", "The token's signature is wrong.").exception();
    }
  }

  private static ProblemException outlived() {
    return Problem.unauthorized("revoked", "The API key's verification key was replaced.")
        .exception();
  }

  /// (kid, SHA-256 of header.payload): the twin (r, n-s) of a signature names the same token.
  private static String name(Jws jws) {
    byte[] hash = SHA_256.get().hash(jws.signed());
    return jws.kid() + "." + BASE64URL.encodeToString(hash);
  }
}
