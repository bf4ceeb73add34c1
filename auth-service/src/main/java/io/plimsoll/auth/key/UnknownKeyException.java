package io.plimsoll.auth.key;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 404 `unknown-key`: the tenant has no such key, or there is no such tenant.
public final class UnknownKeyException extends ProblemException {

  private static final long serialVersionUID = 1L;

  UnknownKeyException(String keyId) {
    super(HttpStatus.NOT_FOUND, "unknown-key", "There is no key " + keyId + ".");
  }

  public UnknownKeyException(String tenantId, String keyId) {
    super(
        HttpStatus.NOT_FOUND,
        "unknown-key",
        "The tenant " + tenantId + " has no key " + keyId + ".");
  }
}
