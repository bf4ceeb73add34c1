package io.plimsoll.auth.key;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-verification`: nothing that tokens can be verified with.
final class InvalidVerificationException extends ProblemException {

  private static final long serialVersionUID = 1L;

  /// @param fault never what was sent: it may be a private key
  InvalidVerificationException(String fault) {
    super(
        HttpStatus.BAD_REQUEST,
        "invalid-verification",
        fault
            + " Send a public JWK, EC P-256 (ES256) or OKP Ed25519 (EdDSA), or {\"kind\":\"secret\"}.");
  }
}
