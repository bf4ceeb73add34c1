package io.plimsoll.local.service;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/// The secrets of this machine's platform, made once, as files that only their owner reads.
public final class Secrets {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
  private static final int COORDINATE = 32;

  private final Path directory;

  public Secrets(Path directory) {
    this.directory = directory;
  }

  /// The gateways' private JWK set, which signs internal tokens.
  Path internalKeys() {
    return directory.resolve("internal.jwks.json");
  }

  /// Its public half, for the services.
  Path internalPublicKeys() {
    return directory.resolve("internal-public.jwks.json");
  }

  /// auth-service's private JWK set.
  Path authSigningKeys() {
    return directory.resolve("auth-signing.jwks.json");
  }

  /// The operators' tokens, one a line.
  public Path adminToken() {
    return directory.resolve("admin-token");
  }

  /// The first of them.
  public String operator() throws IOException {
    return Files.readString(adminToken())
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .findFirst()
        .orElseThrow(() -> new IOException("there is no token in " + adminToken()));
  }

  /// The keys that wrap tenants' shared secrets at rest, as a JWK set (RFC 7518, 6.4).
  Path wrappingKeys() {
    return directory.resolve("wrapping.jwks.json");
  }

  /// What the demo tenant's backend would sign its users' tokens with: PKCS#8 in PEM.
  public Path demoSigningKey() {
    return directory.resolve("demo-signing.pem");
  }

  /// Its public half, as a JWK.
  Path demoVerificationKey() {
    return directory.resolve("demo-verification.jwk.json");
  }

  /// The demo tenant's API key.
  Path demoKey() {
    return directory.resolve("demo-key.json");
  }

  /// Makes what is missing.
  public void make() throws IOException, GeneralSecurityException {
    // the public half is written first, so that a private set is never without it
    if (!Files.exists(internalKeys())) {
      KeyPair pair = keyPair();
      String kid = random(8);
      write(internalPublicKeys(), jwks(publicJwk(pair, kid)));
      write(internalKeys(), jwks(privateJwk(pair, kid)));
    }
    if (!Files.exists(authSigningKeys())) {
      write(authSigningKeys(), jwks(privateJwk(keyPair(), random(8))));
    }
    if (!Files.exists(adminToken())) {
      write(adminToken(), random(32) + "\n");
    }
    if (!Files.exists(wrappingKeys())) {
      write(
          wrappingKeys(),
          jwks("\"kty\":\"oct\",\"kid\":\"%s\",\"k\":\"%s\"".formatted(random(8), random(32))));
    }
    if (!Files.exists(demoSigningKey())) {
      KeyPair pair = keyPair();
      write(demoVerificationKey(), "{" + publicJwk(pair) + "}\n");
      write(demoSigningKey(), pem(pair));
    }
  }

  private static KeyPair keyPair() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
    return generator.generateKeyPair();
  }

  private static String jwks(String jwk) {
    return "{\"keys\":[{" + jwk + "}]}\n";
  }

  /// RFC 7468, section 10.
  private static String pem(KeyPair pair) {
    return "-----BEGIN PRIVATE KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'})
            .encodeToString(pair.getPrivate().getEncoded())
        + "\n-----END PRIVATE KEY-----\n";
  }

  /// RFC 7518, 6.2.1.
  private static String publicJwk(KeyPair pair) {
    var point = ((ECPublicKey) pair.getPublic()).getW();
    return "\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"use\":\"sig\",\"x\":\"%s\",\"y\":\"%s\""
        .formatted(coordinate(point.getAffineX()), coordinate(point.getAffineY()));
  }

  private static String publicJwk(KeyPair pair, String kid) {
    return publicJwk(pair) + ",\"kid\":\"" + kid + "\"";
  }

  /// RFC 7518, 6.2.2.
  private static String privateJwk(KeyPair pair, String kid) {
    return publicJwk(pair, kid)
        + ",\"d\":\""
        + coordinate(((ECPrivateKey) pair.getPrivate()).getS())
        + "\"";
  }

  private static String coordinate(BigInteger number) {
    byte[] signed = number.toByteArray();
    byte[] fixed = new byte[COORDINATE];
    int length = Math.min(signed.length, COORDINATE);
    System.arraycopy(signed, signed.length - length, fixed, COORDINATE - length, length);
    String encoded = BASE64URL.encodeToString(fixed);
    Arrays.fill(signed, (byte) 0);
    return encoded;
  }

  private static String random(int bytes) {
    byte[] random = new byte[bytes];
    RANDOM.nextBytes(random);
    return BASE64URL.encodeToString(random);
  }

  /// Readable by its owner alone from its first byte on, and whole or not there.
  public static void write(Path file, String content) throws IOException {
    Path whole = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(whole);
    Files.createFile(
        whole, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(whole, content);
    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
