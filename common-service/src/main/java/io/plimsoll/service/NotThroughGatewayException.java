package io.plimsoll.service;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/// 401 `not-through-gateway`: no internal token, or none that a gateway made for a customer of this
/// service. Which of its faults it has is said to nobody.
final class NotThroughGatewayException extends ProblemException {

  private static final long serialVersionUID = 1L;

  NotThroughGatewayException() {
    super(
        HttpStatus.UNAUTHORIZED,
        "not-through-gateway",
        "This service answers what comes through the gateway.");
    getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
  }
}
