package io.plimsoll.ratelimit.access;

import org.jspecify.annotations.Nullable;

/// The operators' tokens, without which the service can't start, are missing or unfit. The message
/// says what is wrong, never what was read.
final class UnusableTokensException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnusableTokensException(String fault, @Nullable Throwable cause) {
    super("plimsoll.ratelimit.admin-tokens " + fault, cause);
  }
}
