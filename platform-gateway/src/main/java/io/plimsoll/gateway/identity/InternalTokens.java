package io.plimsoll.gateway.identity;

import io.netty.util.AsciiString;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.service.Service;
import io.plimsoll.gateway.token.FairCache;
import io.plimsoll.gateway.token.Sequel;
import io.plimsoll.gateway.worker.Workers;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

/// Makes the short-lived internal token by which one service knows a caller. It never outlives the
/// customer's own, and is kept by (token, service): a caller that comes again costs nothing.
///
/// In its last minute a kept token is still given out, while another is made in the background.
final class InternalTokens implements Sequel {

  private static final Duration LIFE = Duration.ofMinutes(5);
  private static final Duration RENEWED_BEFORE_END = Duration.ofMinutes(1);

  /// The customer's token is not looked up by its own text anywhere. Its scope is named too, for a
  /// key may be given another ceiling while its tokens live.
  private record Key(Verified.Id token, String scope, String service) {}

  private static final class Minted extends FairCache.Entry<Key> {
    private final AsciiString authorization;
    private boolean renewing;

    /// @param authorization what the service gets as `Authorization`, as the bytes that are written
    Minted(Key key, String tenant, AsciiString authorization, long expires) {
      super(key, tenant, 200 + authorization.length(), expires);
      this.authorization = authorization;
    }

    /// Says once that it is time.
    synchronized boolean renews() {
      boolean first = !renewing;
      renewing = true;
      return first;
    }

    synchronized void notRenewed() {
      renewing = false;
    }
  }

  private final InternalSigner signer;
  private final Workers workers;
  private final Clock clock;
  private final FairCache<Key, Minted> minted;

  InternalTokens(InternalSigner signer, Workers workers, DataSize cache, Clock clock) {
    this.signer = signer;
    this.workers = workers;
    this.clock = clock;
    this.minted = new FairCache<>(cache, clock);
  }

  /// The `Authorization` that is kept; null when a token must be made.
  @Nullable AsciiString kept(Verified caller, Service service) {
    Key key = new Key(caller.id(), caller.scope(), service.audience());
    Minted kept = minted.get(key);
    long now = clock.instant().getEpochSecond();
    if (kept == null || now >= kept.expires()) {
      return null;
    }
    // one that ends with the customer's own can't be renewed
    if (now >= kept.expires() - RENEWED_BEFORE_END.toSeconds()
        && kept.expires() < caller.authExpires().getEpochSecond()
        && kept.renews()) {
      mint(key, caller).subscribe(_ -> {}, _ -> kept.notRenewed());
    }
    return kept.authorization;
  }

  /// An `Authorization` with a new token.
  Mono<AsciiString> made(Verified caller, Service service) {
    return mint(new Key(caller.id(), caller.scope(), service.audience()), caller)
        .map(minted -> minted.authorization);
  }

  private Mono<Minted> mint(Key key, Verified caller) {
    return workers.run(() -> make(key, caller));
  }

  private Minted make(Key key, Verified caller) throws GeneralSecurityException {
    Minted made = sign(key, caller);
    minted.put(made);
    return made;
  }

  /// Makes the token that will be asked for when limits have admitted the caller: the worker is at
  /// it, and a request changes threads twice less. For one who is refused it was made in vain.
  @Override
  public void verified(Verified caller, Service service) {
    Key key = new Key(caller.id(), caller.scope(), service.audience());
    if (minted.get(key) == null) {
      try {
        make(key, caller);
      } catch (GeneralSecurityException | RuntimeException | LinkageError _) {
        // it is tried again when it is needed
      }
    }
  }

  /// Bytes that are held, about.
  long bytes() {
    return minted.bytes();
  }

  private Minted sign(Key key, Verified caller) throws GeneralSecurityException {
    long now = clock.instant().getEpochSecond();
    long expires = Math.min(now + LIFE.toSeconds(), caller.authExpires().getEpochSecond());
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", "plimsoll-gateway");
    claims.put("aud", key.service());
    claims.put("tenant", caller.tenant());
    if (caller.user() != null) {
      claims.put("sub", caller.user());
    }
    claims.put("scope", caller.scope());
    claims.put("iat", now);
    claims.put("exp", expires);
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("auth_exp", caller.authExpires().getEpochSecond());
    // what a ticket made for this caller must say, to be revoked with the token
    claims.put("auth_ref", caller.bearer().authRef());
    claims.put("auth_iat", caller.bearer().issued());
    if (caller.bearer().key() != null) {
      claims.put("auth_key", caller.bearer().key());
    }
    if (caller.bearer().signedWith() != null) {
      claims.put("auth_jkt", caller.bearer().signedWith());
    }
    return new Minted(key, caller.tenant(), signer.sign("Bearer ", claims), expires);
  }
}
