package io.plimsoll.auth.key;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 409 `too-many-keys`: the tenant must give one up first.
final class TooManyKeysException extends ProblemException {

  private static final long serialVersionUID = 1L;

  TooManyKeysException(String tenantId, int most) {
    super(
        HttpStatus.CONFLICT,
        "too-many-keys",
        "The tenant " + tenantId + " has " + most + " keys in use, the most there may be.");
  }
}
