package io.plimsoll.service;

import java.net.URI;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/// An answer in RFC 9457 form. A service extends it once per cause, in the cause's package.
public abstract class ProblemException extends ErrorResponseException {

  private static final long serialVersionUID = 1L;

  /// Prefix of every problem's `type`; the README of the service lists what follows it.
  public static final String TYPE = "urn:plimsoll:problem:";

  /// @param cause last part of the problem's type, for example `unknown-room`
  /// @param detail for the client's developer: the value and what was expected; nothing secret
  protected ProblemException(HttpStatusCode status, String cause, String detail) {
    super(status, problem(status, cause, detail), null);
  }

  private static ProblemDetail problem(HttpStatusCode status, String cause, String detail) {
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
    problem.setType(URI.create(TYPE + cause));
    return problem;
  }
}
