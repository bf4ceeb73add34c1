package io.plimsoll.gateway.revocation;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.authority.ApiKey;
import io.plimsoll.gateway.authority.ApiKeys;
import io.plimsoll.gateway.authority.AuthService.Change;
import io.plimsoll.gateway.authority.Known;
import io.plimsoll.gateway.authority.Tenant;
import io.plimsoll.gateway.authority.Tenants;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Says of a caller whether it is revoked.
///
/// A request whose token was judged before only compares [#generation]: it moves whenever something
/// was applied that could make a difference. What is applied is visible before the number moves, so
/// who reads the number first and judges then errs on the safe side.
public final class Revocations {

  private static final Logger log = LoggerFactory.getLogger(Revocations.class);

  /// Pages longer than this are a start's or a restored backup's; of those only keys and tenants in
  /// use here are asked for.
  private static final int FEW = 50;

  /// Is told, on the thread that applies, what to look at again.
  public interface Listener {

    /// Something was applied.
    ///
    /// @param keys API keys that are not, or may not be, what they were
    /// @param all whether this goes for every key
    void changed(Set<String> keys, boolean all);
  }

  /// @param at seconds of the epoch; tokens issued at or before are refused
  /// @param until when no such token can be alive
  private record NotBefore(long at, long until) {

    NotBefore merge(NotBefore other) {
      return new NotBefore(Math.max(at, other.at), Math.max(until, other.until));
    }
  }

  private record User(String tenant, String id) {}

  private final ApiKeys keys;
  private final Tenants tenants;
  private final Clock clock;
  private final AtomicLong generation = new AtomicLong();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, Long> tokens = new ConcurrentHashMap<>();
  private final Map<User, NotBefore> ofUsers = new ConcurrentHashMap<>();
  private final Map<String, NotBefore> ofKeys = new ConcurrentHashMap<>();
  private final Map<String, NotBefore> ofTenants = new ConcurrentHashMap<>();
  private volatile NotBefore ofPlatform = new NotBefore(-1, 0);

  /// Thumbprints of auth-service's public keys; null before they were read.
  private volatile @Nullable Set<String> published;

  /// What was held when auth-service's history turned out to be another, and is yet to be asked for
  /// again; used by the thread that applies alone.
  private final Set<String> forgottenKeys = new HashSet<>();

  private final Set<String> forgottenTenants = new HashSet<>();

  /// Ends of the API keys by which somebody was found in good standing since the last sweep, to be
  /// seen when they come.
  private final Map<String, Instant> ends = new ConcurrentHashMap<>();

  Revocations(ApiKeys keys, Tenants tenants, Clock clock) {
    this.keys = keys;
    this.tenants = tenants;
    this.clock = clock;
    keys.whenChanged(id -> announce(Set.of(id), false));
    tenants.whenChanged(_ -> announce(Set.of(), false));
  }

  /// Moves with every change; what was judged under the same number needs no second look.
  public long generation() {
    return generation.get();
  }

  /// Auth-service's set of public keys was read: what another one has signed is refused from now
  /// on.
  ///
  /// @param thumbprints of all in the set
  public void published(Set<String> thumbprints) {
    if (!thumbprints.equals(published)) {
      published = Set.copyOf(thumbprints);
      announce(Set.of(), false);
    }
  }

  /// Is told of changes from now on.
  public void whenChanged(Listener listener) {
    listeners.add(listener);
  }

  /// Why a caller is to be refused, as far as is known here without asking; null for no reason. A
  /// status of 503 says that this can't be told now.
  public @Nullable Problem refusal(Bearer caller) {
    Set<String> signers = published;
    if (signers != null && !signers.containsAll(caller.issuedWith())) {
      return Problem.unauthorized(
          "unknown-key", "The key that signed the token is published no more.");
    }
    long issued = caller.issued();
    if (tokens.containsKey(caller.authRef())
        || (caller.ticketRef() != null && tokens.containsKey(caller.ticketRef()))
        || issued <= ofPlatform.at()
        || hits(ofTenants.get(caller.tenant()), issued)
        || (caller.key() != null && hits(ofKeys.get(caller.key()), issued))
        || (caller.user() != null
            && !ofUsers.isEmpty()
            && hits(ofUsers.get(new User(caller.tenant(), caller.user())), issued))) {
      return revoked("The token was revoked.");
    }
    Known<Tenant> tenant = tenants.peek(caller.tenant());
    if (tenant != null) {
      Problem refused = refusal(tenant, caller);
      if (refused != null) {
        return refused;
      }
    }
    Known<ApiKey> key = caller.key() == null ? null : keys.peek(caller.key());
    return key == null ? null : refusal(key, caller);
  }

  private static boolean hits(@Nullable NotBefore notBefore, long issued) {
    return notBefore != null && issued <= notBefore.at();
  }

  private @Nullable Problem refusal(Known<?> held, Bearer caller) {
    Object value = held.entry();
    if (value instanceof Tenant tenant && !tenant.disabled()) {
      return null;
    }
    if (value instanceof ApiKey key && key.alive(clock.instant())) {
      if (key.expires() != null) {
        ends.put(key.id(), key.expires());
      }
      if (caller.signedWith() != null && key.fault() != null) {
        return Problem.unavailable(
            "keys-unavailable", "The API key's tokens can't be verified now.");
      }
      return caller.signedWith() == null
              || (key.verification() != null
                  && caller.signedWith().equals(key.verification().thumbprint()))
          ? null
          : revoked("The verification key of the token's API key was replaced.");
    }
    return revoked("The token's API key or tenant is disabled.");
  }

  private static Problem revoked(String detail) {
    return Problem.unauthorized("revoked", detail);
  }

  /// Completes when a caller is in good standing, after asking for his key and tenant where they
  /// are not held; an error with 401 `revoked`, or with 503 when auth-service can't be asked.
  public Mono<Void> admit(Bearer caller) {
    Problem refused = refusal(caller);
    if (refused != null) {
      return Mono.error(refused.exception());
    }
    boolean tenantHeld = tenants.peek(caller.tenant()) != null;
    boolean keyHeld = caller.key() == null || keys.peek(caller.key()) != null;
    if (tenantHeld && keyHeld) {
      return Mono.empty();
    }
    Mono<?> tenant = tenantHeld ? Mono.just(true) : tenants.get(caller.tenant());
    Mono<?> key = keyHeld || caller.key() == null ? Mono.just(true) : keys.get(caller.key());
    return Mono.when(judged(tenant, caller), judged(key, caller))
        .onErrorMap(
            thrown -> !(thrown instanceof ProblemException),
            _ ->
                Problem.unavailable("keys-unavailable", "Tokens can't be verified now; repeat.")
                    .exception());
  }

  private Mono<?> judged(Mono<?> asked, Bearer caller) {
    return asked.doOnNext(
        answer -> {
          Problem refused = answer instanceof Known<?> held ? refusal(held, caller) : null;
          if (refused != null) {
            throw refused.exception();
          }
        });
  }

  /// Applies one page of changes. An error leaves what was applied in force; the page is to be
  /// applied again.
  ///
  /// @param reset whether auth-service's history is another than was read: its keys and tenants may
  ///   all be others, without a change that says so. Revocations stay.
  void apply(List<Change> changes, boolean reset) {
    if (reset) {
      forgottenKeys.addAll(keys.forgetAll());
      forgottenTenants.addAll(tenants.forgetAll());
    }
    Set<String> changedKeys = new HashSet<>(forgottenKeys);
    Set<String> changedTenants = new HashSet<>(forgottenTenants);
    try {
      for (Change change : changes) {
        switch (change.kind()) {
          case "token" ->
              tokens.merge(required(change.token()), required(change.until()), Math::max);
          case "not-before" -> notBefore(change);
          case "key" -> changedKeys.add(required(change.keyId()));
          case "tenant" -> changedTenants.add(required(change.tenant()));
          default -> log.warn("Auth-service reports a change of kind {}", change.kind());
        }
      }
      reload(changedKeys, changedTenants, changes.size() <= FEW);
    } finally {
      if (reset || !changes.isEmpty()) {
        announce(changedKeys, reset);
      }
    }
  }

  private static <T> T required(@Nullable T member) {
    if (member == null) {
      throw new IllegalStateException("auth-service reports a change without its members");
    }
    return member;
  }

  private void notBefore(Change change) {
    NotBefore notBefore = new NotBefore(required(change.notBefore()), required(change.until()));
    if (change.key() != null) {
      ofKeys.merge(change.key(), notBefore, NotBefore::merge);
    } else if (change.user() != null) {
      User user = new User(required(change.tenant()), change.user());
      ofUsers.merge(user, notBefore, NotBefore::merge);
    } else if (change.tenant() != null) {
      ofTenants.merge(change.tenant(), notBefore, NotBefore::merge);
    } else {
      ofPlatform = ofPlatform.merge(notBefore);
    }
  }

  /// Forgets at once and asks again before the change counts as applied, so that an open stream of
  /// a key that was disabled is found.
  private void reload(Set<String> changedKeys, Set<String> changedTenants, boolean all) {
    List<Mono<?>> reloads = new ArrayList<>();
    for (String id : changedKeys) {
      if (keys.forget(id) || all || forgottenKeys.contains(id)) {
        reloads.add(Mono.defer(() -> keys.get(id)));
      }
    }
    for (String id : changedTenants) {
      if (tenants.forget(id) || all || forgottenTenants.contains(id)) {
        reloads.add(Mono.defer(() -> tenants.get(id)));
      }
    }
    Flux.fromIterable(reloads).flatMap(reload -> reload, 8).blockLast();
    forgottenKeys.clear();
    forgottenTenants.clear();
  }

  /// Has the tokens of keys looked at again that have expired since.
  void expire() {
    Instant now = clock.instant();
    Set<String> ended = new HashSet<>();
    ends.forEach(
        (id, end) -> {
          // a later one may have come meanwhile
          if (!now.isBefore(end) && ends.remove(id, end)) {
            ended.add(id);
          }
        });
    if (!ended.isEmpty()) {
      announce(ended, false);
    }
  }

  private void announce(Set<String> changedKeys, boolean all) {
    generation.incrementAndGet();
    listeners.forEach(listener -> listener.changed(changedKeys, all));
  }

  /// Has everything looked at again, and drops what has outlived its use.
  void sweep() {
    long now = Instant.now(clock).getEpochSecond();
    tokens.values().removeIf(until -> until < now);
    ofUsers.values().removeIf(notBefore -> notBefore.until() < now);
    ofKeys.values().removeIf(notBefore -> notBefore.until() < now);
    ofTenants.values().removeIf(notBefore -> notBefore.until() < now);
    // all that is in use is noted anew as it is looked at
    ends.clear();
    announce(Set.of(), false);
  }

  /// Entries that are held.
  int size() {
    return tokens.size() + ofUsers.size() + ofKeys.size() + ofTenants.size();
  }
}
