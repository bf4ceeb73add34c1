package io.plimsoll.service;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/// 403 `insufficient_scope` ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)): the
/// caller's token lacks a scope, which the answer names.
public final class InsufficientScopeException extends ProblemException {

  private static final long serialVersionUID = 1L;

  /// @param needed the scope that is missing, `<service>:read|write|admin`
  public InsufficientScopeException(String needed) {
    super(HttpStatus.FORBIDDEN, "insufficient_scope", "This needs the scope " + needed + ".");
    getHeaders()
        .set(
            HttpHeaders.WWW_AUTHENTICATE,
            "Bearer error=\"insufficient_scope\", scope=\"" + needed + "\"");
  }
}
