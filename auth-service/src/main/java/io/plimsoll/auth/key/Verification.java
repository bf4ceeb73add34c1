package io.plimsoll.auth.key;

/// What verifies the tokens that a tenant's backend signs with a key.
public sealed interface Verification {

  /// The one `alg` of these tokens.
  String algorithm();

  /// An uploaded public key; we hold no secret.
  ///
  /// @param algorithm `ES256` or `EdDSA`
  /// @param jwk canonical JSON of its public members, the key's id as `kid`
  record PublicKey(String algorithm, String jwk) implements Verification {}

  /// A secret made by us.
  ///
  /// @param wrapped base64url of a 12-byte nonce and the AES-256-GCM ciphertext and tag of its 32
  ///   bytes; the associated data is the key's id
  /// @param wrappedBy `kid` of the wrapping key
  record Secret(String wrapped, String wrappedBy) implements Verification {

    @Override
    public String algorithm() {
      return "HS256";
    }

    /// Wrapped, but no reason to print it.
    @Override
    public String toString() {
      return "Secret[…]";
    }
  }
}
