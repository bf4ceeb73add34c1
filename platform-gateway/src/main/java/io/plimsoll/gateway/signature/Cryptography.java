package io.plimsoll.gateway.signature;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Signature;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Amazon's Corretto Crypto Provider checks an ES256 signature in 54 us, the JDK in 418. It is not
/// installed for the whole process; where its library does not load (another system, another
/// processor), the JDK does the work.
final class Cryptography {

  /// By the native library where it loads.
  static final Cryptography BEST = new Cryptography(load());

  /// By the JDK alone.
  static final Cryptography JDK = new Cryptography(null);

  /// r and s, 32 bytes each, as RFC 7518, section 3.4, wants them.
  static final String ES256 = "SHA256withECDSAinP1363Format";

  static final String ED25519 = "Ed25519";

  private final @Nullable Provider library;

  private Cryptography(@Nullable Provider library) {
    this.library = library;
  }

  private static @Nullable Provider load() {
    Logger log = LoggerFactory.getLogger(Cryptography.class);
    try {
      AmazonCorrettoCryptoProvider provider = AmazonCorrettoCryptoProvider.INSTANCE;
      Throwable failure = provider.getLoadingError();
      if (failure == null) {
        log.info("Signatures are checked by {}", provider.getInfo());
        return provider;
      }
      log.warn("The JDK checks signatures, eight times slower: {}", failure.toString());
    } catch (RuntimeException | LinkageError e) {
      log.warn("The JDK checks signatures, eight times slower: {}", e.toString());
    }
    return null;
  }

  boolean isNative(String algorithm) {
    return library != null && library.getService("Signature", algorithm) != null;
  }

  /// A new one for each use: Corretto's, given another key, destroys the one it had.
  Signature signature(String algorithm) throws NoSuchAlgorithmException {
    return library != null && isNative(algorithm)
        ? Signature.getInstance(algorithm, library)
        : Signature.getInstance(algorithm);
  }

  /// The same key in the form that [#signature] takes without converting it each time.
  <K extends Key> K prepared(K key, String type, String algorithm, Class<K> as)
      throws GeneralSecurityException {
    return library != null && isNative(algorithm) && library.getService("KeyFactory", type) != null
        ? as.cast(KeyFactory.getInstance(type, library).translateKey(key))
        : key;
  }
}
