package io.plimsoll.auth.token;

import java.util.Locale;
import org.springframework.http.HttpStatus;

/// The error codes of the token endpoint, [RFC
/// 6749](https://www.rfc-editor.org/rfc/rfc6749#section-5.2) and, for the target, [RFC
/// 8693](https://www.rfc-editor.org/rfc/rfc8693#section-2.2.2).
enum OAuthError {
  INVALID_REQUEST(HttpStatus.BAD_REQUEST),
  INVALID_CLIENT(HttpStatus.UNAUTHORIZED),
  UNSUPPORTED_GRANT_TYPE(HttpStatus.BAD_REQUEST),
  INVALID_SCOPE(HttpStatus.BAD_REQUEST),
  INVALID_TARGET(HttpStatus.BAD_REQUEST);

  private final HttpStatus status;

  OAuthError(HttpStatus status) {
    this.status = status;
  }

  HttpStatus status() {
    return status;
  }

  String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
