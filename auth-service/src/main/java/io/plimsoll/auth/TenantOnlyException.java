package io.plimsoll.auth;

import io.plimsoll.service.Caller;
import io.plimsoll.service.InsufficientScopeException;
import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpStatus;

/// 403 `tenant-only`: a user asks for what is the tenant's own backend's.
public final class TenantOnlyException extends ProblemException {

  private static final long serialVersionUID = 1L;

  private TenantOnlyException() {
    super(
        HttpStatus.FORBIDDEN,
        "tenant-only",
        "This needs the tenant's own token, by client_credentials.");
  }

  /// Lets the tenant's own backend by.
  ///
  /// @param scope that its token must have
  public static void check(Caller caller, String scope) {
    if (caller.user() != null) {
      throw new TenantOnlyException();
    }
    String admin = scope.substring(0, scope.indexOf(':')) + ":admin";
    if (!caller.scopes().contains(scope) && !caller.scopes().contains(admin)) {
      throw new InsufficientScopeException(scope);
    }
  }
}
