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
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;

/// The keys under which auth-service keeps tenants' shared secrets, the same file on both sides:
/// 256 bits each, AES-GCM with the API key's id as associated data, so that one key's secret can't
/// be passed off as another's.
public final class WrappingKeys {

  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;

  private final Map<String, SecretKey> byId = new HashMap<>();

  /// Reads the file, once.
  ///
  /// @param file a JWK set (`kty: oct`); null for none: then tokens of HS256 can't be verified
  public WrappingKeys(@Nullable Resource file) {
    if (file == null) {
      return;
    }
    for (JWK key : read(file).getKeys()) {
      if (!(key instanceof OctetSequenceKey octets)
          || key.getKeyID() == null
          || octets.toByteArray().length != 32) {
        throw new IllegalStateException(
            file + " must hold keys of kty oct with 256 bits, each with a kid");
      }
      byId.put(key.getKeyID(), octets.toSecretKey("AES"));
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
