package io.plimsoll.service.internalport;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/// 401 `unknown-gateway`: not a gateway's own call.
final class UnknownGatewayException extends ProblemException {

  private static final long serialVersionUID = 1L;

  UnknownGatewayException() {
    super(
        HttpStatus.UNAUTHORIZED,
        "unknown-gateway",
        "A gateway's own internal token is needed: sub gateway, no tenant.");
    getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"plimsoll-internal\"");
  }
}
