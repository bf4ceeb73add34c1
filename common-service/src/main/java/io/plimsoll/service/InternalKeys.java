package io.plimsoll.service;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The gateways' public keys, by `kid`.
///
/// The set is read at start, again every `refresh`, and once more for an unknown `kid`, but for
/// those at most every 5 s, so that made-up ones cost nothing. A source that is away at start or
/// later is only logged: the last set serves until `maxStaleness`, then none does.
final class InternalKeys implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(InternalKeys.class);
  private static final Duration UNKNOWN_KID_PAUSE = Duration.ofSeconds(5);
  private static final int READ_TIMEOUT_MILLIS = 2_000;

  private record Loaded(Map<String, JWSVerifier> verifiers, Instant at) {}

  private final InternalProperties properties;
  private final Clock clock;
  private final ScheduledExecutorService refresher =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("internal-keys").factory());
  private volatile @Nullable Loaded loaded;
  private CompletableFuture<Void> reading = CompletableFuture.completedFuture(null);
  private Instant lastRead = Instant.MIN;

  InternalKeys(InternalProperties properties, Clock clock) {
    this.properties = properties;
    this.clock = clock;
    load();
    long period = properties.refresh().toMillis();
    var _ = refresher.scheduleWithFixedDelay(this::load, period, period, TimeUnit.MILLISECONDS);
  }

  /// The verifier of a key; empty when no published key has that `kid`, an [UnavailableException]
  /// when there is no set young enough to trust.
  Mono<JWSVerifier> verifier(String kid) {
    Loaded now = loaded;
    return now != null && now.verifiers().containsKey(kid)
        ? Mono.fromCallable(() -> current(kid))
        : Mono.fromFuture(this::readAgain, true).then(Mono.fromCallable(() -> current(kid)));
  }

  private @Nullable JWSVerifier current(String kid) {
    Loaded now = loaded;
    if (now == null || now.at().plus(properties.maxStaleness()).isBefore(clock.instant())) {
      throw new UnavailableException("Callers can't be verified now; repeat the request.");
    }
    return now.verifiers().get(kid);
  }

  /// All that wait for an unknown `kid` wait for one reading, on no thread.
  private synchronized CompletableFuture<Void> readAgain() {
    if (reading.isDone() && lastRead.isBefore(clock.instant().minus(UNKNOWN_KID_PAUSE))) {
      lastRead = clock.instant();
      reading = CompletableFuture.runAsync(this::load, refresher);
    }
    return reading;
  }

  private void load() {
    Instant now = clock.instant();
    try {
      loaded = new Loaded(verifiers(read()), now);
    } catch (IOException | ParseException | JOSEException | RuntimeException e) {
      // a RuntimeException would silently end the schedule
      log.warn("Key set {} can't be read, the last one serves on: {}", properties.jwks(), e);
    }
  }

  private JWKSet read() throws IOException, ParseException {
    URLConnection connection = properties.jwks().getURL().openConnection();
    connection.setConnectTimeout(READ_TIMEOUT_MILLIS);
    connection.setReadTimeout(READ_TIMEOUT_MILLIS);
    try (InputStream in = connection.getInputStream()) {
      return JWKSet.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static Map<String, JWSVerifier> verifiers(JWKSet set) throws JOSEException {
    Map<String, JWSVerifier> verifiers = new HashMap<>();
    for (JWK key : set.getKeys()) {
      if (key instanceof ECKey ec && key.getKeyID() != null) {
        verifiers.put(key.getKeyID(), new ECDSAVerifier(ec.toPublicJWK()));
      }
    }
    return Map.copyOf(verifiers);
  }

  @Override
  public void close() {
    refresher.shutdownNow();
  }
}
