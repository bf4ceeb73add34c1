package io.plimsoll.auth.tenant;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 400 `invalid-tenant`: a tenant can't be like that.
final class InvalidTenantException extends ProblemException {

  private static final long serialVersionUID = 1L;

  InvalidTenantException(String detail) {
    super(HttpStatus.BAD_REQUEST, "invalid-tenant", detail);
  }
}
