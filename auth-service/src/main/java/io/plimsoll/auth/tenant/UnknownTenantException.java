package io.plimsoll.auth.tenant;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 404 `unknown-tenant`.
public final class UnknownTenantException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public UnknownTenantException(String tenantId) {
    super(HttpStatus.NOT_FOUND, "unknown-tenant", "There is no tenant " + tenantId + ".");
  }
}
