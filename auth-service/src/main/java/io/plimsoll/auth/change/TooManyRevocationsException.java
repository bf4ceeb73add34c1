package io.plimsoll.auth.change;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 409 `too-many-revocations`: a tenant has revoked so many tokens one by one, none of which has
/// ended, or so many users, that gateways should not have to keep more.
public final class TooManyRevocationsException extends ProblemException {

  private static final long serialVersionUID = 1L;

  TooManyRevocationsException(int most) {
    super(
        HttpStatus.CONFLICT,
        "too-many-revocations",
        "The tenant has "
            + most
            + " revoked tokens that have not ended, or users revoked. Revoke all tokens of a user or"
            + " key at once: POST /auth/v1/revocations.");
  }
}
