package io.plimsoll.gateway.token;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.revocation.Revocations;
import io.plimsoll.gateway.signature.VerificationKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Auth-service's public keys, by `kid`.
///
/// They are read in the background, ahead of need, and again every second after a failure; the last
/// set serves for `maxStaleness` while auth-service is away. An unknown `kid` has the set read once
/// more, but for all of them together at most every 5 s and by one reader, so that made-up ones
/// cost nothing. No request ever reads; a few wait for the reader.
///
/// What a key has signed is refused once a set was read that has it no more, whether it was seen
/// before or not. Only a set with a key in it counts as read: auth-service is never without one.
final class AuthKeys implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AuthKeys.class);
  private static final Duration UNKNOWN_KID_PAUSE = Duration.ofSeconds(5);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int MAX_BYTES = 256 * 1024;

  private record Loaded(Map<String, VerificationKey> keys, Instant at) {}

  private final List<URI> sources;
  private final Duration refresh;
  private final Duration maxStaleness;
  private final Clock clock;
  private final Revocations revocations;
  private final ScheduledExecutorService reader =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("auth-keys").factory());

  private volatile @Nullable Loaded loaded;
  private volatile boolean tried;
  private volatile boolean failing;

  // guarded by this
  private @Nullable CompletableFuture<Void> underWay;
  private Instant lastAttempt = Instant.MIN;

  AuthKeys(
      List<URI> sources,
      Duration refresh,
      Duration maxStaleness,
      Clock clock,
      Revocations revocations) {
    this.sources = List.copyOf(sources);
    this.refresh = refresh;
    this.maxStaleness = maxStaleness;
    this.clock = clock;
    this.revocations = revocations;
    var _ = read();
  }

  /// Whether the keys were read, or at least asked for: from then on requests can be judged.
  boolean tried() {
    return tried;
  }

  /// The key with that `kid`; an error with 401 `unknown-key` or, without a set young enough to
  /// trust, with 503 `keys-unavailable`.
  Mono<VerificationKey> key(String kid) {
    VerificationKey known = peek(kid);
    if (known != null) {
      return Mono.just(known);
    }
    return Mono.fromFuture(this::readForUnknownKid, true)
        .then(Mono.defer(() -> Mono.justOrEmpty(peek(kid))))
        .switchIfEmpty(Mono.defer(() -> Mono.error(missing().exception())));
  }

  /// The key with that `kid`, if it is known and young enough to trust.
  @Nullable VerificationKey peek(String kid) {
    Loaded now = loaded;
    return now == null || stale(now) ? null : now.keys().get(kid);
  }

  /// Why [#peek] has nothing.
  Problem missing() {
    Loaded now = loaded;
    return now == null || stale(now)
        ? Problem.unavailable("keys-unavailable", "Tokens can't be verified now; repeat.")
        : Problem.unauthorized("unknown-key", "No published key has the token's kid.");
  }

  private boolean stale(Loaded set) {
    return set.at().plus(maxStaleness).isBefore(clock.instant());
  }

  private synchronized CompletableFuture<Void> readForUnknownKid() {
    if (underWay != null) {
      return underWay;
    }
    // a failure is repeated by itself
    boolean pause = lastAttempt.isAfter(clock.instant().minus(UNKNOWN_KID_PAUSE));
    return pause || failing ? CompletableFuture.completedFuture(null) : read();
  }

  private synchronized CompletableFuture<Void> read() {
    if (underWay != null) {
      return underWay;
    }
    lastAttempt = clock.instant();
    CompletableFuture<Void> reading = new CompletableFuture<>();
    underWay = reading;
    reader.execute(
        () -> {
          boolean read = readSources();
          synchronized (this) {
            underWay = null;
          }
          tried = true;
          failing = !read;
          reading.complete(null);
          again(read ? refresh : AFTER_FAILURE);
        });
    return reading;
  }

  private void again(Duration delay) {
    if (!reader.isShutdown()) {
      var _ = reader.schedule(this::dueAgain, delay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /// A reading for an unknown `kid` schedules too; only the latest schedule counts.
  private void dueAgain() {
    Instant now = clock.instant();
    Duration period = failing ? AFTER_FAILURE : refresh;
    synchronized (this) {
      if (lastAttempt.plus(period).isAfter(now.plusMillis(50))) {
        return;
      }
    }
    var _ = read();
  }

  private boolean readSources() {
    Exception last = null;
    for (URI source : sources) {
      try {
        Map<String, VerificationKey> keys = keys(fetch(source));
        Loaded before = loaded;
        if (failing || before == null || !before.keys().keySet().equals(keys.keySet())) {
          log.info("Read auth-service's keys {}", keys.keySet());
        }
        // first: once a new one is known here, nobody may refuse what it signed
        revocations.published(
            keys.values().stream()
                .map(VerificationKey::thumbprint)
                .collect(Collectors.toUnmodifiableSet()));
        loaded = new Loaded(keys, clock.instant());
        return true;
      } catch (IOException | ParseException | InvalidKeyException | RuntimeException e) {
        last = e;
      }
    }
    if (!failing) {
      log.warn(
          "Auth-service's keys can't be read from {}, the last ones serve on: {}",
          sources,
          String.valueOf(last));
    }
    return false;
  }

  private static String fetch(URI source) throws IOException {
    URLConnection connection = source.toURL().openConnection();
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    connection.setUseCaches(false);
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
    }
  }

  private static Map<String, VerificationKey> keys(String json)
      throws ParseException, InvalidKeyException {
    Map<String, VerificationKey> keys = new HashMap<>();
    for (JWK key : JWKSet.parse(json).getKeys()) {
      if (key instanceof ECKey ec
          && Curve.P_256.equals(ec.getCurve())
          && key.getKeyID() != null
          && (key.getKeyUse() == null || KeyUse.SIGNATURE.equals(key.getKeyUse()))
          && (key.getAlgorithm() == null || JWSAlgorithm.ES256.equals(key.getAlgorithm()))) {
        keys.put(key.getKeyID(), VerificationKey.of(ec));
      }
    }
    if (keys.isEmpty()) {
      throw new ParseException("no key for ES256 is in the set", 0);
    }
    return Map.copyOf(keys);
  }

  @Override
  public void close() {
    reader.shutdownNow();
  }
}
