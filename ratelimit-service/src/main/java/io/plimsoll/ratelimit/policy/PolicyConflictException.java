package io.plimsoll.ratelimit.policy;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 409 `policy-conflict`: two policies of a limit would be equally specific.
final class PolicyConflictException extends ProblemException {

  private static final long serialVersionUID = 1L;

  PolicyConflictException(Policy policy) {
    super(
        HttpStatus.CONFLICT,
        "policy-conflict",
        "Another policy of the limit " + policy.limit() + " is for the same callers.");
  }
}
