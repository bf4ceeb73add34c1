package io.plimsoll.auth.key;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A key as operators see it.
///
/// @param secret only in the answer to the key's creation
@JsonInclude(JsonInclude.Include.NON_NULL)
record KeyView(
    String keyId,
    @Nullable String secret,
    String name,
    String scope,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant disabledAt,
    @Nullable Instant lastUsedHour,
    @Nullable VerificationView verification) {

  /// @param secret only in the answer to its creation
  /// @param wrappedBy `kid` of the key that wraps the secret
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record VerificationView(
      String alg,
      @JsonRawValue @Nullable String jwk,
      @Nullable String secret,
      @Nullable String wrappedBy) {

    static @Nullable VerificationView of(ApiKey key, @Nullable String secret) {
      return switch (key.verification()) {
        case null -> null;
        case Verification.PublicKey(String algorithm, String jwk) ->
            new VerificationView(algorithm, jwk, null, null);
        case Verification.Secret wrapped ->
            new VerificationView(wrapped.algorithm(), null, secret, wrapped.wrappedBy());
      };
    }

    /// Answers are logged at level debug; the secret must not be.
    @Override
    public String toString() {
      return "VerificationView[" + alg + "]";
    }
  }

  static KeyView of(ApiKey key, @Nullable String secret, @Nullable String verificationSecret) {
    return new KeyView(
        key.keyId(),
        secret,
        key.name(),
        key.ceiling().toString(),
        key.createdAt(),
        key.expiresAt(),
        key.disabledAt(),
        key.lastUsedHour(),
        VerificationView.of(key, verificationSecret));
  }

  /// Answers are logged at level debug; the secret must not be.
  @Override
  public String toString() {
    return "KeyView[" + keyId + "]";
  }
}
