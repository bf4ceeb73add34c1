package io.plimsoll.service;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/// Something the service needs is away for now: 503 `unavailable`. The client repeats the request
/// after `Retry-After`; a stream's client is told by an `end` event instead.
public final class UnavailableException extends ProblemException {

  private static final long serialVersionUID = 1L;

  public UnavailableException(String detail) {
    super(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", detail);
    getHeaders().set(HttpHeaders.RETRY_AFTER, "1");
  }
}
