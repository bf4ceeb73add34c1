package io.plimsoll.ratelimit.access;

import io.plimsoll.service.ProblemException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/// 401 `unknown-gateway`: no internal token of a gateway itself for this service.
final class UnknownGatewayException extends ProblemException {

  private static final long serialVersionUID = 1L;

  UnknownGatewayException() {
    super(
        HttpStatus.UNAUTHORIZED,
        "unknown-gateway",
        "A gateway's own internal token for this service is needed.");
    getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"plimsoll-internal\"");
  }
}
