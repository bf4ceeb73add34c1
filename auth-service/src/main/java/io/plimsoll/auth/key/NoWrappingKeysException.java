package io.plimsoll.auth.key;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 409 `no-wrapping-keys`: this platform holds no shared secrets.
final class NoWrappingKeysException extends ProblemException {

  private static final long serialVersionUID = 1L;

  NoWrappingKeysException() {
    super(
        HttpStatus.CONFLICT,
        "no-wrapping-keys",
        "Without wrapping keys (PLIMSOLL_WRAPPING_KEYS) no shared secret is made; upload a public"
            + " key.");
  }
}
