package io.plimsoll.auth.key;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.Reloaded;
import io.plimsoll.service.UnavailableException;
import io.plimsoll.service.UnusableSecretException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.Resource;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/// Keeps shared verification secrets readable to this service and the gateways alone: AES-256-GCM
/// with the API key's id as associated data, so that a row's secret is no use in another row. The
/// first key of the file wraps, all unwrap. Thread-safe.
@Component
public final class WrappingKeys {

  private static final Logger log = LoggerFactory.getLogger(WrappingKeys.class);

  private static final String PROPERTY = "plimsoll.auth.wrapping-keys";
  private static final String NEED =
      "a JWK set (file:/path) of oct keys of 256 bits, each with its own kid";
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  /// @param first `kid` of the key that wraps
  private record Keys(String first, Map<String, SecretKey> byKid) {}

  private final @Nullable Reloaded<Keys> keys;

  WrappingKeys(AuthProperties properties) {
    Resource file = properties.wrappingKeys();
    this.keys = file == null ? null : new Reloaded<>(PROPERTY, NEED, file, WrappingKeys::parse);
    if (file == null) {
      log.info("No wrapping keys are set: no shared verification secrets are made");
    }
  }

  /// At a rate: what has a delay waits in one line, behind a purge of much.
  @Scheduled(
      fixedRateString = "${plimsoll.auth.reload:10s}",
      initialDelayString = "${plimsoll.auth.reload:10s}")
  void reload() {
    if (keys != null) {
      keys.reload();
    }
  }

  /// `kid` of the key that wraps now, if there is one.
  Optional<String> current() {
    return Optional.ofNullable(keys).map(set -> set.get().first());
  }

  /// @throws NoWrappingKeysException when none are set
  Verification.Secret wrap(String keyId, byte[] secret) {
    if (keys == null) {
      throw new NoWrappingKeysException();
    }
    Keys now = keys.get();
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    try {
      SecretKey key = Objects.requireNonNull(now.byKid().get(now.first()));
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, keyId);
      byte[] wrapped = Arrays.copyOf(nonce, NONCE_BYTES + cipher.getOutputSize(secret.length));
      cipher.doFinal(secret, 0, secret.length, wrapped, NONCE_BYTES);
      return new Verification.Secret(
          Base64.getUrlEncoder().withoutPadding().encodeToString(wrapped), now.first());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-256-GCM does not work", e);
    }
  }

  /// The same secret, wrapped by the key that wraps now; empty when it can't be unwrapped, which
  /// the log says.
  Optional<Verification.Secret> wrapAnew(String keyId, Verification.Secret secret) {
    try {
      return Optional.of(wrap(keyId, unwrap(keyId, secret)));
    } catch (UnavailableException _) {
      // logged there
      return Optional.empty();
    } catch (IllegalStateException e) {
      log.warn("Not wrapped anew: {}", e.getMessage());
      return Optional.empty();
    }
  }

  /// The secret in clear.
  ///
  /// @throws UnavailableException when the key that wrapped it is not in the file
  /// @throws IllegalStateException when it is none that we have wrapped for this key
  public byte[] unwrap(String keyId, Verification.Secret secret) {
    // once: the file may be read anew at any time
    SecretKey key = keys == null ? null : keys.get().byKid().get(secret.wrappedBy());
    if (key == null) {
      log.warn("The secret of {} is wrapped by {}, which is away", keyId, secret.wrappedBy());
      throw new UnavailableException("The key's secret can't be read now; repeat the request.");
    }
    try {
      byte[] wrapped = Base64.getUrlDecoder().decode(secret.wrapped());
      byte[] nonce = Arrays.copyOf(wrapped, NONCE_BYTES);
      return cipher(Cipher.DECRYPT_MODE, key, nonce, keyId)
          .doFinal(wrapped, NONCE_BYTES, wrapped.length - NONCE_BYTES);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IllegalStateException("the secret of " + keyId + " was tampered with", e);
    }
  }

  private static Cipher cipher(int mode, SecretKey key, byte[] nonce, String keyId)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(keyId.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  private static Keys parse(String json) {
    Map<String, SecretKey> byKid = new LinkedHashMap<>();
    try {
      for (JWK jwk : JWKSet.parse(json).getKeys()) {
        if (!(jwk instanceof OctetSequenceKey key)
            || key.toByteArray().length != KEY_BYTES
            || key.getKeyID() == null
            || byKid.put(key.getKeyID(), new SecretKeySpec(key.toByteArray(), "AES")) != null) {
          throw unusable("has a key (kid " + jwk.getKeyID() + ") that does not fit");
        }
      }
    } catch (ParseException e) {
      // the parser's message may quote what it read
      throw unusable("is no JWK set");
    }
    if (byKid.isEmpty()) {
      throw unusable("has no key");
    }
    return new Keys(byKid.keySet().iterator().next(), byKid);
  }

  private static UnusableSecretException unusable(String fault) {
    return new UnusableSecretException(PROPERTY, fault, NEED, null);
  }
}
