package io.plimsoll.gateway.signature;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.text.ParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.Resource;

/// The keys under which auth-service keeps tenants' shared secrets, the same file on both sides:
/// 256 bits each, AES-GCM with the API key's id as associated data, so that one key's secret can't
/// be passed off as another's.
///
/// The file is read again when a secret can't be unwrapped, once a second at most. One that is
/// unfit by then is logged, and what it said before goes on. Thread-safe.
public final class WrappingKeys {

  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;

  private static final long AT_MOST_EVERY = TimeUnit.SECONDS.toNanos(1);
  private static final Logger log = LoggerFactory.getLogger(WrappingKeys.class);

  private final @Nullable Resource file;
  private volatile Map<String, SecretKey> byId;

  /// When it was read again last, by [System#nanoTime]; guarded by `this`.
  private long readAt = System.nanoTime() - AT_MOST_EVERY;

  /// What was wrong with the file then; guarded by `this`.
  private String fault = "";

  /// @param file a JWK set (`kty: oct`); null for none: then tokens of HS256 can't be verified
  public WrappingKeys(@Nullable Resource file) {
    this.file = file;
    this.byId = file == null ? Map.of() : keys(file);
  }

  private static Map<String, SecretKey> keys(Resource file) {
    Map<String, SecretKey> byId = new HashMap<>();
    for (JWK key : read(file).getKeys()) {
      if (!(key instanceof OctetSequenceKey octets)
          || key.getKeyID() == null
          || octets.toByteArray().length != 32) {
        throw new IllegalStateException(
            file + " must hold keys of kty oct with 256 bits, each with a kid");
      }
      byId.put(key.getKeyID(), octets.toSecretKey("AES"));
    }
    return byId;
  }

  private synchronized void readAgain() {
    long now = System.nanoTime();
    if (file == null || now - readAt < AT_MOST_EVERY) {
      return;
    }
    readAt = now;
    try {
      byId = keys(file);
      fault = "";
    } catch (IllegalStateException e) {
      // once, not at every attempt
      String message = String.valueOf(e.getMessage());
      if (!message.equals(fault)) {
        fault = message;
        log.error("{}; what it said before goes on", message);
      }
    }
  }

  private static JWKSet read(Resource file) {
    try {
      return JWKSet.parse(file.getContentAsString(StandardCharsets.UTF_8));
    } catch (IOException | ParseException | IllegalArgumentException e) {
      // the file's text must not reach a log
      throw new IllegalStateException(
          "plimsoll.gateway.wrapping-keys: no JWK set can be read from "
              + file
              + " ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  /// The secret of an API key.
  ///
  /// @param wrapped nonce, ciphertext and tag
  /// @throws GeneralSecurityException for an unknown wrapping key, and for what was not wrapped by
  ///   it for this API key
  public byte[] unwrap(byte[] wrapped, String wrappedBy, String keyId)
      throws GeneralSecurityException {
    try {
      return unwrapNow(wrapped, wrappedBy, keyId);
    } catch (GeneralSecurityException e) {
      readAgain();
      return unwrapNow(wrapped, wrappedBy, keyId);
    }
  }

  private byte[] unwrapNow(byte[] wrapped, String wrappedBy, String keyId)
      throws GeneralSecurityException {
    SecretKey key = byId.get(wrappedBy);
    if (key == null) {
      throw new InvalidKeyException("The wrapping key " + wrappedBy + " is not known here.");
    }
    if (wrapped.length < NONCE) {
      throw new InvalidKeyException("The wrapped secret is too short.");
    }
    Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
    gcm.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, wrapped, 0, NONCE));
    gcm.updateAAD(keyId.getBytes(StandardCharsets.UTF_8));
    return gcm.doFinal(wrapped, NONCE, wrapped.length - NONCE);
  }
}
