package io.plimsoll.auth.token;

/// A token request that is refused.
final class OAuthException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final OAuthError error;

  /// @param description for the client's developer: ASCII without `"` and `\`, and nothing that the
  ///   client sent, for it may be a secret in the wrong place
  OAuthException(OAuthError error, String description) {
    super(description);
    this.error = error;
  }

  OAuthError error() {
    return error;
  }

  String description() {
    return String.valueOf(getMessage());
  }
}
