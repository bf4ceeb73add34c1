package io.plimsoll.benchmarks;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/// Signs as many tokens as a run needs before it starts, one to a line: `Tokens <private key,
/// PKCS#8 in PEM> <ES256|RS256> <how many> <file> <header> <payload>`. In the payload `{i}` is the
/// token's number and `{u}` that of its user, of whom there are 100.
public final class Tokens {

  private static final int USERS = 100;
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private Tokens() {}

  public static void main(String[] arguments) throws IOException, GeneralSecurityException {
    Signature signature = signature(arguments[1], Files.readString(Path.of(arguments[0])));
    int count = Integer.parseInt(arguments[2]);
    String head = encoded(arguments[4]) + ".";
    try (BufferedWriter file = Files.newBufferedWriter(Path.of(arguments[3]))) {
      for (int i = 0; i < count; i++) {
        String payload =
            arguments[5]
                .replace("{i}", Integer.toString(i))
                .replace("{u}", Integer.toString(i % USERS));
        String signed = head + encoded(payload);
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        file.write(signed);
        file.write('.');
        file.write(BASE64URL.encodeToString(signature.sign()));
        file.write('\n');
      }
    }
  }

  /// The native provider where it loads: 20 us for a signature in place of some 200.
  private static Signature signature(String algorithm, String pem) throws GeneralSecurityException {
    if (AmazonCorrettoCryptoProvider.INSTANCE.getLoadingError() == null) {
      AmazonCorrettoCryptoProvider.install();
    }
    boolean curve = algorithm.equals("ES256");
    if (!curve && !algorithm.equals("RS256")) {
      throw new IllegalArgumentException(algorithm + ", expected: ES256 or RS256");
    }
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    PrivateKey key =
        KeyFactory.getInstance(curve ? "EC" : "RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
    Signature signature =
        Signature.getInstance(curve ? "SHA256withECDSAinP1363Format" : "SHA256withRSA");
    signature.initSign(key);
    return signature;
  }

  private static String encoded(String json) {
    return BASE64URL.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}
