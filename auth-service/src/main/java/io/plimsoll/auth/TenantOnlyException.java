package io.plimsoll.auth;

import io.plimsoll.service.Caller;
import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/// 403 `tenant-only`: a user asks for what is the tenant's own backend's; or 403
/// `insufficient_scope`, as the services' own scope rule answers it.
public final class TenantOnlyException extends ProblemException {

  private static final long serialVersionUID = 1L;

  private TenantOnlyException(String cause, String detail) {
    super(HttpStatus.FORBIDDEN, cause, detail);
  }

  /// Lets the tenant's own backend by.
  ///
  /// @param scope that its token must have
  public static void check(Caller caller, String scope) {
    if (caller.user() != null) {
      throw new TenantOnlyException(
          "tenant-only", "This needs the tenant's own token, by client_credentials.");
    }
    String admin = scope.substring(0, scope.indexOf(':')) + ":admin";
    if (!caller.scopes().contains(scope) && !caller.scopes().contains(admin)) {
      var refused =
          new TenantOnlyException("insufficient_scope", "This needs the scope " + scope + ".");
      refused
          .getHeaders()
          .set(
              HttpHeaders.WWW_AUTHENTICATE,
              "Bearer error=\"insufficient_scope\", scope=\"" + scope + "\"");
      throw refused;
    }
  }
}
