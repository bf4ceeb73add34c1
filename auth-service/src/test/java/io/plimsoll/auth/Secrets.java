package io.plimsoll.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.OctetSequenceKeyGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Secret files for tests.
public final class Secrets {

  private Secrets() {}

  public static ECKey newKey(String kid) {
    return newKey(Curve.P_256, kid);
  }

  public static ECKey newKey(Curve curve, String kid) {
    try {
      return new ECKeyGenerator(curve).keyID(kid).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A secret of 256 bits.
  public static OctetSequenceKey newSecret(String kid) {
    try {
      return new OctetSequenceKeyGenerator(256).keyID(kid).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The keys with their private halves.
  public static String set(JWK... keys) {
    return new JWKSet(List.of(keys)).toString(false);
  }

  /// URL of a file with this content.
  public static String file(String content) {
    try {
      return path(content).toUri().toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A file with this content.
  public static Path path(String content) throws IOException {
    Path file = Files.createTempFile("secret", "");
    file.toFile().deleteOnExit();
    return Files.writeString(file, content);
  }
}
