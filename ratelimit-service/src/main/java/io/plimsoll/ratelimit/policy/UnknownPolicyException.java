package io.plimsoll.ratelimit.policy;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 404 `unknown-policy`.
final class UnknownPolicyException extends ProblemException {

  private static final long serialVersionUID = 1L;

  UnknownPolicyException(String id) {
    super(HttpStatus.NOT_FOUND, "unknown-policy", "There is no policy " + id + ".");
  }
}
