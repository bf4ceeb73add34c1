package io.plimsoll.ratelimit.policy;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-policy`: the members of a policy don't go together.
final class InvalidPolicyException extends ProblemException {

  private static final long serialVersionUID = 1L;

  InvalidPolicyException(String detail) {
    super(HttpStatus.BAD_REQUEST, "invalid-policy", detail);
  }
}
