package io.plimsoll.ratelimit.policy;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 409 `too-many-policies`.
final class TooManyPoliciesException extends ProblemException {

  private static final long serialVersionUID = 1L;

  TooManyPoliciesException(int max) {
    super(
        HttpStatus.CONFLICT,
        "too-many-policies",
        "There are " + max + " policies already; delete one first.");
  }
}
