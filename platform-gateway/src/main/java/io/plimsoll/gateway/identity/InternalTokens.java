package io.plimsoll.gateway.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.gateway.service.Service;
import io.plimsoll.gateway.token.Verified;
import io.plimsoll.gateway.token.Workers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/// Makes the short-lived internal token by which one service knows a caller. It never outlives the
/// customer's own, and is kept by (token, service): a caller that comes again costs nothing.
///
/// In its last minute a kept token is still given out, while another is made in the background.
final class InternalTokens {

  private static final Duration LIFE = Duration.ofMinutes(5);
  private static final Duration RENEWED_BEFORE_END = Duration.ofMinutes(1);

  /// The customer's token is not looked up by its own text anywhere.
  private record Key(String token, String service) {}

  private record Minted(String token, Instant expires, AtomicBoolean renewing) {}

  private final InternalKeys keys;
  private final Workers workers;
  private final JsonMapper json;
  private final Clock clock;
  private final String header;
  private final Cache<Key, Minted> minted;

  InternalTokens(InternalKeys keys, Workers workers, JsonMapper json, DataSize cache, Clock clock) {
    this.keys = keys;
    this.workers = workers;
    this.json = json;
    this.clock = clock;
    this.header =
        encode(
            json.writeValueAsBytes(
                Map.of("alg", "ES256", "typ", "plimsoll-internal+jwt", "kid", keys.kid())));
    this.minted =
        Caffeine.newBuilder()
            .maximumWeight(cache.toBytes())
            .weigher((Key key, Minted value) -> 500 + value.token().length())
            .expireAfterWrite(LIFE)
            .build();
  }

  Mono<String> exchange(Verified caller, Service service) {
    Key key = new Key(caller.id(), service.audience());
    Minted kept = minted.getIfPresent(key);
    Instant now = clock.instant();
    if (kept == null || !now.isBefore(kept.expires())) {
      return mint(key, caller).map(Minted::token);
    }
    boolean lastMinute = !now.isBefore(kept.expires().minus(RENEWED_BEFORE_END));
    // one that ends with the customer's own can't be renewed
    if (lastMinute
        && kept.expires().isBefore(caller.authExpires())
        && kept.renewing().compareAndSet(false, true)) {
      mint(key, caller).subscribe(_ -> {}, _ -> kept.renewing().set(false));
    }
    return Mono.just(kept.token());
  }

  private Mono<Minted> mint(Key key, Verified caller) {
    return workers.run(() -> sign(caller, key.service())).doOnNext(made -> minted.put(key, made));
  }

  private Minted sign(Verified caller, String audience) throws GeneralSecurityException {
    Instant now = clock.instant();
    Instant end = now.plus(LIFE);
    Instant expires = end.isBefore(caller.authExpires()) ? end : caller.authExpires();
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", "plimsoll-gateway");
    claims.put("aud", audience);
    claims.put("tenant", caller.tenant());
    if (caller.user() != null) {
      claims.put("sub", caller.user());
    }
    claims.put("scope", caller.scope());
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", expires.getEpochSecond());
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("auth_exp", caller.authExpires().getEpochSecond());
    claims.put("auth_ref", caller.authRef());
    String signed = header + "." + encode(json.writeValueAsBytes(claims));
    Signature es256 = Signature.getInstance("SHA256withECDSAinP1363Format");
    es256.initSign(keys.signing());
    es256.update(signed.getBytes(StandardCharsets.US_ASCII));
    String token = signed + "." + encode(es256.sign());
    return new Minted(token, Instant.ofEpochSecond(expires.getEpochSecond()), new AtomicBoolean());
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
